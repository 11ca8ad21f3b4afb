//! Key conditions as ranges of row keys. Pure.

use bytes::Bytes;
use partita_expression::RangeCondition;
use partita_model::AttributeValue;
use partita_model::key::{encode_prefix, encode_scalar};
use partita_storage::KeyRange;

/// The rows under `base`, a source's rows of one partition, whose sort key fulfils the condition. `None` when a value of the
/// condition cannot be a sort key.
pub(super) fn rows(base: &Bytes, condition: Option<&RangeCondition>) -> Option<KeyRange> {
    // No encoded value begins another one, so all rows with a sort key are just those that begin with it.
    let at = |value: &AttributeValue| Some(KeyRange::prefix(joined(base, &encode_scalar(value)?)));
    let all = KeyRange::prefix(base.clone());
    let Some(condition) = condition else { return Some(all) };
    Some(match condition {
        RangeCondition::Eq(value) => at(value)?,
        RangeCondition::Lt(value) => KeyRange::new(base.clone(), at(value)?.start().clone()),
        RangeCondition::Le(value) => between(&all, &at(value)?),
        RangeCondition::Gt(value) => KeyRange::new(at(value)?.end()?.clone(), all.end()?.clone()),
        RangeCondition::Ge(value) => between(&at(value)?, &all),
        RangeCondition::Between(low, high) => between(&at(low)?, &at(high)?),
        RangeCondition::BeginsWith(value) => KeyRange::prefix(joined(base, &encode_prefix(value)?)),
    })
}

/// From the beginning of one range to the end of another.
fn between(first: &KeyRange, last: &KeyRange) -> KeyRange {
    match last.end() {
        Some(end) => KeyRange::new(first.start().clone(), end.clone()),
        None => KeyRange::starting_at(first.start().clone()),
    }
}

fn joined(base: &Bytes, more: &[u8]) -> Bytes {
    [base.as_ref(), more].concat().into()
}
