//! Records of a stream. They are mostly items, so they are written as those are.

use std::sync::Arc;

use partita_model::clock::UnixMillis;
use partita_model::descriptor::StreamView;
use serde_json::{Value, json};

use super::super::write::{ObjectWriter, array, item_form};
use super::super::{Answer, BODY_BYTES, ItemForm, to_json};
use crate::stream::{SequenceNumber, ShardIterator};

/// The version of the records' form.
const EVENT_VERSION: &str = "1.1";
const EVENT_SOURCE: &str = "aws:dynamodb";
/// Who deletes items that have expired.
const EXPIRY_PRINCIPAL: &str = "dynamodb.amazonaws.com";

/// What happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants say what happened")]
pub enum EventName {
    Insert,
    Modify,
    Remove,
}

impl EventName {
    /// As JSON spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// A change of one item, in the form of GetRecords and of the triggers made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The same whenever the record is read, and no other record's.
    pub event_id: u128,
    /// What happened.
    pub event_name: EventName,
    /// Where the table is.
    pub region: Arc<str>,
    /// Whether the item was deleted since its time was over.
    pub expired: bool,
    /// When it happened; shown in whole seconds.
    pub created: UnixMillis,
    /// The item's key.
    pub keys: ItemForm,
    /// The item after the change, if the view has it and there is one.
    pub new_image: Option<ItemForm>,
    /// The item before the change, if the view has it and there was one.
    pub old_image: Option<ItemForm>,
    /// Where it stands in the stream.
    pub sequence_number: SequenceNumber,
    /// The sizes of the key and the images.
    pub size_bytes: u64,
    /// What the stream's records carry.
    pub view: StreamView,
}

/// The answer of GetRecords.
#[derive(Clone, Debug, PartialEq)]
pub struct GetRecords {
    /// In the order of the shard.
    pub records: Vec<Record>,
    /// Where to continue; absent only at the end of a shard that is closed.
    pub next: Option<ShardIterator>,
}

impl Record {
    /// About how many bytes of JSON the record takes.
    fn json_bytes(&self) -> usize {
        let items = [Some(&self.keys), self.new_image.as_ref(), self.old_image.as_ref()];
        // Names and values besides items are longer here than in any other answer.
        4 * BODY_BYTES + items.into_iter().flatten().map(ItemForm::json_bytes).sum::<usize>()
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        object.serialized("eventID", &format_args!("{:032x}", self.event_id));
        object.serialized("eventName", self.event_name.as_str());
        object.serialized("eventVersion", EVENT_VERSION);
        object.serialized("eventSource", EVENT_SOURCE);
        object.serialized("awsRegion", &*self.region);
        self.write_change(object.member(b"dynamodb"));
        if self.expired {
            object.serialized("userIdentity", &json!({ "Type": "Service", "PrincipalId": EXPIRY_PRINCIPAL }));
        }
        object.end();
    }

    fn write_change(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        object.serialized("ApproximateCreationDateTime", &(self.created.0 / 1000));
        item_form(&self.keys, object.member(b"Keys"));
        if let Some(image) = &self.new_image {
            item_form(image, object.member(b"NewImage"));
        }
        if let Some(image) = &self.old_image {
            item_form(image, object.member(b"OldImage"));
        }
        object.serialized("SequenceNumber", &self.sequence_number);
        object.serialized("SizeBytes", &self.size_bytes);
        object.serialized("StreamViewType", &self.view);
        object.end();
    }
}

impl Answer for Record {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.json_bytes());
        self.write(&mut out);
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}

impl Answer for GetRecords {
    fn to_bytes(&self) -> Vec<u8> {
        let bytes: usize = self.records.iter().map(Record::json_bytes).sum();
        let mut out = Vec::with_capacity(BODY_BYTES + bytes);
        let mut object = ObjectWriter::new(&mut out);
        array(&self.records, object.member(b"Records"), Record::write);
        if let Some(next) = &self.next {
            object.serialized("NextShardIterator", next);
        }
        object.end();
        out
    }

    fn to_json(&self) -> Value {
        to_json(self)
    }
}
