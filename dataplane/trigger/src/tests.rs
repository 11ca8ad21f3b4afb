//! The dispatcher as a whole: a real engine and real streams in memory, time that tests move, and targets that do as they are told.

mod damage;
mod deliveries;
mod kills;
mod life;
mod support;
