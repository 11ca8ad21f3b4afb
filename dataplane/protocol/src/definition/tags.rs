//! The rules of tags.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use partita_model::limits;
use serde_json::Value;

use super::Tag;
use crate::ServiceError;
use crate::json::Members;

const KEY_CHARACTERS: RangeInclusive<usize> = 1..=128;
const VALUE_CHARACTERS_MAX: usize = 256;
/// Keys that begin so belong to the service.
const RESERVED_PREFIX: &str = "aws:";
/// How a sentence shows a member that is not there.
const ABSENT: &str = "null";

/// A tag with its JSON types right, members perhaps missing.
#[derive(Clone, Debug)]
pub(crate) struct DraftTag {
    key: Option<String>,
    value: Option<String>,
}

impl DraftTag {
    pub(crate) fn read(value: Value) -> Result<Self, ServiceError> {
        let mut members = Members::of_value(value)?;
        Ok(Self { key: members.string("Key")?, value: members.string("Value")? })
    }

    fn complete(self) -> Result<Tag, ServiceError> {
        let Some(key) = self.key else { return Err(ServiceError::invalid_tag_key(ABSENT)) };
        let Some(value) = self.value else { return Err(ServiceError::invalid_tag_value(ABSENT)) };
        Ok(Tag { key, value })
    }
}

/// Tags that keep the rules.
pub(crate) fn complete(drafts: Vec<DraftTag>) -> Result<Vec<Tag>, ServiceError> {
    let tags = drafts.into_iter().map(DraftTag::complete).collect::<Result<Vec<_>, _>>()?;
    check(&tags)?;
    Ok(tags)
}

/// The rules of the tags of one call.
pub(super) fn check(tags: &[Tag]) -> Result<(), ServiceError> {
    let mut seen = BTreeSet::new();
    for Tag { key, value } in tags {
        check_key(key)?;
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            return Err(ServiceError::invalid_tag_value(value));
        }
        if !seen.insert(key) {
            return Err(ServiceError::duplicate_tag_key(key));
        }
    }
    match tags.len() > limits::TAGS_MAX {
        true => Err(ServiceError::too_many_tags()),
        false => Ok(()),
    }
}

/// The rules of a tag's key.
pub(crate) fn check_key(key: &str) -> Result<(), ServiceError> {
    if !KEY_CHARACTERS.contains(&key.chars().count()) {
        return Err(ServiceError::invalid_tag_key(key));
    }
    match key.starts_with(RESERVED_PREFIX) {
        true => Err(ServiceError::reserved_tag_key(key)),
        false => Ok(()),
    }
}
