//! A refused signature in the protocol's words.

use partita_identity::{Error, Parameter, ScopeProblem, basic_time as basic};
use partita_protocol::ServiceError;
use partita_protocol::error::SigningScope;

/// What the client is told.
pub(crate) fn service_error(refusal: &Error) -> ServiceError {
    match refusal {
        Error::Missing => ServiceError::missing_authentication_token(),
        Error::Incomplete { missing, authorization } => {
            let names: Vec<&str> = missing.iter().filter_map(|part| parameter_name(*part)).collect();
            let dateless = missing.contains(&Parameter::Date);
            ServiceError::incomplete_authorization(&names, dateless, authorization)
        }
        Error::IncompleteQuery { missing } => ServiceError::incomplete_query_signature(missing),
        Error::QueryForm => ServiceError::query_signature(),
        Error::BothForms => ServiceError::ambiguous_signature(),
        Error::UnsupportedAlgorithm { algorithm } => ServiceError::unsupported_signing_algorithm(algorithm),
        Error::MalformedCredential { credential } => ServiceError::malformed_credential(credential),
        Error::MalformedDate { date } => ServiceError::malformed_signing_date(date),
        Error::Scope { problems } => wrong_scope(problems),
        Error::UnsignedHeader { header } => ServiceError::unsigned_header(header),
        Error::UnknownKey => ServiceError::unrecognized_client(),
        Error::Expired { signed_at, earliest, now } => {
            ServiceError::signature_expired(&basic(*signed_at), &basic(*earliest), &basic(*now))
        }
        Error::NotYetValid { signed_at, latest, now } => {
            ServiceError::signature_not_yet_current(&basic(*signed_at), &basic(*latest), &basic(*now))
        }
        Error::Mismatch => ServiceError::signature_mismatch(),
    }
}

fn parameter_name(part: Parameter) -> Option<&'static str> {
    match part {
        Parameter::Credential => Some("Credential"),
        Parameter::Signature => Some("Signature"),
        Parameter::SignedHeaders => Some("SignedHeaders"),
        Parameter::Date => None,
    }
}

fn wrong_scope(problems: &[ScopeProblem]) -> ServiceError {
    let time = problems.iter().find_map(|problem| match problem {
        ScopeProblem::Date { signed_at, .. } => Some(basic(*signed_at)),
        _ => None,
    });
    let request = time.as_deref().unwrap_or_default();
    ServiceError::wrong_signing_scope(problems.iter().map(|problem| match problem {
        ScopeProblem::Region => SigningScope::Region,
        ScopeProblem::Service { expected } => SigningScope::Service(expected),
        ScopeProblem::Terminator { found } => SigningScope::Terminator(found),
        ScopeProblem::Date { scope, .. } => SigningScope::Date { scope, request },
    }))
}

#[cfg(test)]
mod tests;
