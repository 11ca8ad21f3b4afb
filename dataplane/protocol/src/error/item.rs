//! Sentences about an item: its values, its size, and what it failed on.

use partita_expression::UpdateError;
use partita_model::Item;
use partita_model::number::NumberError;

use super::{ErrorKind, Extras, ServiceError};
use crate::json::{SetKind, ValueFault};

const TOO_DEEP: &str = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond \
                        supported limit";

impl ServiceError {
    /// `One or more parameter values were invalid: <detail>`, bare in both eras.
    pub fn invalid_parameter(detail: impl AsRef<str>) -> Self {
        Self::validation(invalid(detail))
    }

    /// `ConditionalCheckFailedException`; `item` is what the caller asked to see of the item that failed it.
    pub fn conditional_check_failed(item: Option<Item>) -> Self {
        let mut error = Self::fixed(ErrorKind::ConditionalCheckFailed, "The conditional request failed");
        error.extras = item.map(|item| Box::new(Extras::Item(item)));
        error
    }

    /// A put whose item is over 400 KB.
    pub fn item_size_exceeded() -> Self {
        Self::validation("Item size has exceeded the maximum allowed size")
    }

    /// An update whose item would be over 400 KB.
    pub fn item_size_to_update_exceeded() -> Self {
        Self::validation("Item size to update has exceeded the maximum allowed size")
    }

    /// An item collection of a table with local indexes would pass 10 GB.
    pub fn item_collection_size() -> Self {
        Self::fixed(ErrorKind::ItemCollectionSizeLimitExceeded, "Collection size exceeded.")
    }

    /// Another writer holds the item.
    pub fn transaction_conflict() -> Self {
        Self::fixed(ErrorKind::TransactionConflict, "Transaction is ongoing for the item")
    }

    /// An INSERT of an item whose key is there already.
    pub fn duplicate_item() -> Self {
        Self::fixed(ErrorKind::DuplicateItem, "Duplicate primary key exists in table")
    }

    /// An update that cannot be applied to the item it meets.
    pub fn update(error: &UpdateError) -> Self {
        match error {
            UpdateError::NestedTooDeep => Self::validation(TOO_DEEP),
            UpdateError::TooLarge => Self::item_size_to_update_exceeded(),
            UpdateError::Number(error) => Self::validation(number_sentence(error)),
            UpdateError::InvalidDocumentPath
            | UpdateError::MissingAttribute
            | UpdateError::IncorrectOperandType
            | UpdateError::TypeMismatch => Self::validation(error.to_string()),
        }
    }
}

pub(super) fn invalid(detail: impl AsRef<str>) -> String {
    format!("One or more parameter values were invalid: {}", detail.as_ref())
}

/// A value of the request that is no attribute value. A structure of the wrong shape is told bare in both eras, all else is
/// a rule of the request.
impl From<ValueFault> for ServiceError {
    fn from(fault: ValueFault) -> Self {
        let sentence = value_sentence(&fault);
        match fault {
            ValueFault::NoType | ValueFault::SeveralTypes => Self::validation(sentence),
            _ => Self::rule_in_envelope(sentence, enveloped_value_sentence(&fault)),
        }
    }
}

/// The sentence as the operations tell it that prefix it: members of sets are quoted, and a text that is no number is always
/// shown.
pub(super) fn enveloped_value_sentence(fault: &ValueFault) -> String {
    match fault {
        ValueFault::DuplicateStrings(members) => duplicate_strings(&quoted(members)),
        ValueFault::DuplicateBinaries(members) => duplicate_binaries(&quoted(members)),
        ValueFault::Number(NumberError::NotNumeric { text }) => not_numeric(text),
        _ => value_sentence(fault),
    }
}

fn quoted(members: &[String]) -> String {
    members.iter().map(|member| format!("\"{member}\"")).collect::<Vec<_>>().join(", ")
}

pub(super) fn duplicate_strings(shown: &str) -> String {
    invalid(format!("Input collection [{shown}] contains duplicates."))
}

fn duplicate_binaries(shown: &str) -> String {
    // The missing space is the service's.
    invalid(format!("Input collection [{shown}]of type BS contains duplicates."))
}

fn not_numeric(text: &str) -> String {
    format!("The parameter cannot be converted to a numeric value: {text}")
}

/// The sentence of a value that is no attribute value, without anything before it.
pub(super) fn value_sentence(fault: &ValueFault) -> String {
    match fault {
        ValueFault::NoType => {
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes".to_owned()
        }
        ValueFault::SeveralTypes => {
            "Supplied AttributeValue has more than one datatypes set, must contain exactly \
                                     one of the supported datatypes"
                .to_owned()
        }
        ValueFault::NullNotTrue => invalid("Null attribute value types must have the value of true"),
        ValueFault::EmptySet(SetKind::Strings) => invalid("An string set  may not be empty"),
        ValueFault::EmptySet(SetKind::Numbers) => invalid("An number set  may not be empty"),
        ValueFault::EmptySet(SetKind::Binaries) => invalid("Binary sets should not be empty"),
        ValueFault::DuplicateStrings(members) => duplicate_strings(&members.join(", ")),
        ValueFault::DuplicateNumbers => "Input collection contains duplicates".to_owned(),
        ValueFault::DuplicateBinaries(members) => duplicate_binaries(&members.join(", ")),
        ValueFault::EmptyName => invalid("Empty attribute name"),
        ValueFault::Number(error) => number_sentence(error),
        ValueFault::TooDeep => {
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested \
                                levels beyond supported limit"
                .to_owned()
        }
    }
}

pub(super) fn number_sentence(error: &NumberError) -> String {
    match error {
        NumberError::NotNumeric { text } if text.is_empty() => {
            "The parameter cannot be converted to a numeric value".to_owned()
        }
        NumberError::NotNumeric { text } => not_numeric(text),
        NumberError::TooManyDigits => {
            "Attempting to store more than 38 significant digits in a Number".to_owned()
        }
        NumberError::Overflow => {
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
                .to_owned()
        }
        NumberError::Underflow => {
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
                .to_owned()
        }
    }
}
