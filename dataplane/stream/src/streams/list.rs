//! ListStreams and DescribeStream.

use std::ops::Bound;

use partita_model::schema::KeyType;
use partita_model::{KeySchema, TableId, TableName};
use partita_protocol::definition::KeySchemaElement;
use partita_protocol::operation::{DescribeStream, ListStreams};
use partita_protocol::output::{self, SequenceNumberRange, StreamDescription, StreamStatus, StreamSummary};
use partita_protocol::stream::{SequenceNumber, StreamName};

use super::Streams;
use crate::Error;
use crate::lineage::{self, Extent};

impl Streams {
    /// One page of the streams, by table and then by label.
    ///
    /// # Errors
    /// When `ExclusiveStartStreamArn` or the table's ARN is of no use here.
    pub fn list_streams(&self, list: &ListStreams) -> Result<output::ListStreams, Error> {
        let after = list.after.as_ref().map(|arn| arn.name(&self.scope)).transpose()?;
        let only = list.table.as_ref().map(|table| table.name(&self.scope)).transpose()?;
        let tables = self.engine.tables();
        let from = after.as_ref().map_or(Bound::Unbounded, |after| Bound::Included(&after.table));
        let tables = tables.range::<TableName, _>((from, Bound::Unbounded));
        let tables = tables.filter(|(name, _)| only.as_ref().is_none_or(|only| only == *name));
        let names = tables.flat_map(|(name, &id)| self.names_of(name, id));
        // One more tells whether the page is the last.
        let mut names: Vec<_> = names
            .filter(|name| after.as_ref().is_none_or(|after| name > after))
            .take(list.limit + 1)
            .collect();
        let more = names.len() > list.limit;
        names.truncate(list.limit);
        let last = names.last().filter(|_| more).map(|name| name.arn(&self.scope));
        let streams = names.into_iter().map(|name| StreamSummary {
            stream_arn: name.arn(&self.scope),
            table_name: name.table,
            stream_label: name.label,
        });
        Ok(output::ListStreams { streams: streams.collect(), last_evaluated_stream_arn: last })
    }

    fn names_of(&self, table: &TableName, id: TableId) -> impl Iterator<Item = StreamName> + use<> {
        let table = table.clone();
        self.streams_of(id)
            .map(move |(identity, _)| StreamName { table: table.clone(), label: identity.label })
    }

    /// A stream, with one page of its shards.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such stream, or no more.
    pub fn describe_stream(&self, describe: &DescribeStream) -> Result<output::DescribeStream, Error> {
        let stream = self.find(&describe.stream)?;
        let label = &stream.identity.label;
        let closed_at = stream.reader.closed_at.map(|at| at.0);
        let mut shards: Vec<_> = self.with_lineage(stream.table.id, label, &stream.reader, |lineage| {
            let shards = lineage.extents(closed_at).filter(|shard| {
                // Names grow with the lineage.
                describe.after.as_ref().is_none_or(|after| shard.id > after)
                    && describe.children_of.as_ref().is_none_or(|parent| shard.parent == Some(parent))
            });
            shards.take(describe.limit + 1).map(described).collect()
        });
        let more = shards.len() > describe.limit;
        shards.truncate(describe.limit);
        let last = shards.last().filter(|_| more).map(|shard| shard.shard_id.clone());
        Ok(output::DescribeStream {
            stream_description: StreamDescription {
                stream_arn: stream.name().arn(&self.scope),
                stream_label: label.clone(),
                stream_status: match stream.reader.closed_at {
                    None => StreamStatus::Enabled,
                    Some(_) => StreamStatus::Disabled,
                },
                stream_view_type: stream.identity.view,
                creation_request_date_time: lineage::created(label),
                key_schema: key_schema(&stream.table.key),
                table_name: stream.table.name,
                shards,
                last_evaluated_shard_id: last,
            },
        })
    }
}

fn described(shard: Extent<'_>) -> output::Shard {
    // A shard that ended without a record ends where it would have begun.
    let end = shard.end.filter(|_| shard.closed).map(|end| SequenceNumber::of(end.max(shard.first)));
    output::Shard {
        shard_id: shard.id.clone(),
        sequence_number_range: SequenceNumberRange {
            starting_sequence_number: SequenceNumber::of(shard.first),
            ending_sequence_number: end,
        },
        parent_shard_id: shard.parent.cloned(),
    }
}

fn key_schema(key: &KeySchema) -> Vec<KeySchemaElement> {
    let element = |name: &str, key_type| KeySchemaElement { attribute_name: name.to_owned(), key_type };
    let range = key.range.as_ref().map(|range| element(&range.name, KeyType::Range));
    [element(&key.hash.name, KeyType::Hash)].into_iter().chain(range).collect()
}
