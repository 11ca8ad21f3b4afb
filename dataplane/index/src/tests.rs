//! Indexes as readers of them see them, whatever happens to the table meanwhile.

mod lag;
mod pages;
mod read;
mod settle;
mod support;
mod tasks;
