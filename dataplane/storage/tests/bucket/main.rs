//! A shard in a bucket of a real S3 server, which this binary starts on loopback: versitygw, named by
//! `PARTITA_VERSITYGW`. `cargo xtask` sets that variable; by hand, point it at a binary made by
//! `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`.
//!
//! [`server`] starts the server, [`weather`] stands between it and the shard and spoils the connection.

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod server;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod weather;
