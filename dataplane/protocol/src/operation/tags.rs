//! Tags of tables.

use std::ops::RangeInclusive;

use crate::ServiceError;
use crate::definition::Tag;
use crate::definition::member::{required, text};
use crate::definition::tags::{DraftTag, check_key, complete};
use crate::error::{Place, Violations};
use crate::json::Members;

/// Lengths of an ARN in the service model.
const ARN_CHARACTERS: RangeInclusive<usize> = 1..=1283;

/// TagResource.
#[derive(Clone, Debug, PartialEq)]
pub struct TagResource {
    /// The table, as given.
    pub arn: String,
    /// At least one, keys distinct.
    pub tags: Vec<Tag>,
}

impl TagResource {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("ResourceArn")?;
        let tags = members.list("Tags", DraftTag::read)?;
        let mut violations = Violations::new();
        let tags = required(tags, &Place::member("tags"), &mut violations);
        let arn = resource_arn(arn, &mut violations);
        violations.finish()?;
        let tags = tags.filter(|tags| !tags.is_empty()).ok_or_else(ServiceError::no_tags)?;
        Ok(Self { arn: arn.unwrap_or_default(), tags: complete(tags)? })
    }
}

/// UntagResource.
#[derive(Clone, Debug, PartialEq)]
pub struct UntagResource {
    /// The table, as given.
    pub arn: String,
    /// At least one.
    pub keys: Vec<String>,
}

impl UntagResource {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("ResourceArn")?;
        let keys = members.strings("TagKeys")?;
        let mut violations = Violations::new();
        let keys = required(keys, &Place::member("tagKeys"), &mut violations);
        let arn = resource_arn(arn, &mut violations);
        violations.finish()?;
        let keys = keys.filter(|keys| !keys.is_empty()).ok_or_else(ServiceError::no_tag_keys)?;
        keys.iter().try_for_each(|key| check_key(key))?;
        Ok(Self { arn: arn.unwrap_or_default(), keys })
    }
}

/// ListTagsOfResource. All tags come on one page, so no token is ever given out.
#[derive(Clone, Debug, PartialEq)]
pub struct ListTagsOfResource {
    /// The table, as given.
    pub arn: String,
}

impl ListTagsOfResource {
    pub(crate) fn read(mut members: Members) -> Result<Self, ServiceError> {
        let arn = members.string("ResourceArn")?;
        let token = members.string("NextToken")?;
        let mut violations = Violations::new();
        let arn = resource_arn(arn, &mut violations);
        violations.finish()?;
        match token {
            Some(_) => Err(ServiceError::invalid_next_token()),
            None => Ok(Self { arn: arn.unwrap_or_default() }),
        }
    }
}

/// The required member `resourceArn`.
pub(super) fn resource_arn(arn: Option<String>, violations: &mut Violations) -> Option<String> {
    let place = Place::member("resourceArn");
    let arn = required(arn, &place, violations);
    text(arn, &ARN_CHARACTERS, &place, violations)
}

#[cfg(test)]
mod tests;
