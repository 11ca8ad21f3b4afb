//! Paths of Lambda's API for event source mappings.

use crate::mapping::MappingId;

/// Where mappings are; one of them is behind a slash.
pub const PATH: &str = "/2015-03-31/event-source-mappings";

/// What a path of the API names. Whoever takes requests asks here, so that all of them take the same paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// All mappings.
    All,
    /// One of them, which may not be there.
    One(MappingId),
    /// Nothing that could be there: [`Refusal::NotFound`](crate::Refusal::NotFound), whatever is asked.
    Nowhere,
}

impl Place {
    /// Takes the path of a request as it was sent, without its query. `None` if it is not this API's.
    pub fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix(PATH)?;
        match rest.strip_prefix('/') {
            None if rest.is_empty() => Some(Self::All),
            None => None,
            Some("") => Some(Self::All),
            // A UUID has no character that anybody has to escape.
            Some(id) => Some(MappingId::parse(id).map_or(Self::Nowhere, Self::One)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";

    #[test]
    fn paths_name_all_mappings_or_one() {
        for all in ["", "/"] {
            assert_eq!(Place::of(&format!("{PATH}{all}")), Some(Place::All), "{all}");
        }
        let one = MappingId::parse(ID).unwrap();
        for id in [ID.to_owned(), ID.to_uppercase()] {
            assert_eq!(Place::of(&format!("{PATH}/{id}")), Some(Place::One(one.clone())), "{id}");
        }
    }

    #[test]
    fn what_is_no_uuid_names_nothing() {
        for rest in [
            "a",
            "14e0db71",
            "//",
            "..",
            "a/b",
            "%2e%2e%2ftables",
            "é",
            "14e0db71-5d35-4eb5-b481-8945cf9d10c",
        ] {
            assert_eq!(Place::of(&format!("{PATH}/{rest}")), Some(Place::Nowhere), "{rest}");
        }
        for behind in ["/", "/x", "%2f", "?", "-"] {
            assert_eq!(Place::of(&format!("{PATH}/{ID}{behind}")), Some(Place::Nowhere), "{behind}");
        }
    }

    #[test]
    fn other_paths_are_not_the_apis() {
        for other in [
            "",
            "/",
            "/2015-03-31/functions/f/invocations",
            "/2015-03-31/event-source-mappingsx",
            "/v1/mappings/drop",
        ] {
            assert_eq!(Place::of(other), None, "{other}");
        }
    }
}
