//! The engine as its callers see it. Requests are written in JSON, as clients send them.

mod model;
mod random;
mod support;
