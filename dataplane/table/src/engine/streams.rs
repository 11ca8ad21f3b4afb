//! Keeping the log's readers in step with the streams that descriptors ask for.
//!
//! A stream's reader is registered before the descriptor that enables it is durable, and closed after the one that disables it is:
//! whatever a crash leaves in between, the next opening closes. So whoever has been told that a stream is enabled finds every
//! later write in it.

use partita_model::{TableDescriptor, TableId};
use partita_storage::{LogSequence, LogStart, Shard};

use crate::Error;
use crate::stream::StreamReader;
use crate::table::Table;

/// Registers the reader of the stream that `descriptor` enables, unless it is there. One that is closed is of an attempt of which the
/// descriptor did not become durable: nobody was told of it, and it begins anew. `served` is the table as it is written to now.
pub(super) async fn begin(
    shard: &Shard,
    descriptor: &TableDescriptor,
    served: Option<&Table>,
) -> Result<(), Error> {
    let Some(reader) = enabled(descriptor) else { return Ok(()) };
    if shard.log_reader(descriptor.id, &reader).is_some_and(|reader| reader.closed_at.is_none()) {
        return Ok(());
    }
    register(shard, descriptor.id, served, &reader, LogStart::Now).await.map(drop)
}

/// Registers a reader that wants to see items. `served` is its table, if that is written to.
pub(super) async fn register(
    shard: &Shard,
    table: TableId,
    served: Option<&Table>,
    reader: &str,
    from: LogStart,
) -> Result<LogSequence, Error> {
    if let Some(table) = served {
        table.recording.want_images();
        // Commits that left out images end here, so that the reader meets none of their records.
        table.stripes.drain().await;
    }
    let start = shard.register_reader(table, reader, from).await?;
    if let Some(table) = served {
        // Commits that looked for a reader before it was there end here.
        table.stripes.drain().await;
    }
    Ok(start)
}

/// Closes the readers of all streams but the one that the table's descriptor enables.
pub(super) async fn end(shard: &Shard, table: &Table) -> Result<(), Error> {
    let descriptor = &table.descriptor;
    let enabled = enabled(descriptor);
    for reader in shard.log_readers(descriptor.id) {
        let is_stream = StreamReader::parse(&reader.name).is_some();
        if is_stream && reader.closed_at.is_none() && Some(&reader.name) != enabled.as_ref() {
            shard.close_reader(descriptor.id, &reader.name).await?;
        }
    }
    table.recording.follow_readers(shard, table);
    Ok(())
}

/// The name of the reader of the stream that is enabled.
fn enabled(descriptor: &TableDescriptor) -> Option<String> {
    let stream = descriptor.stream.as_ref().filter(|stream| stream.enabled)?;
    Some(StreamReader::of(stream).name())
}
