//! The entry for a fuzz target.

use partita_model::codec::StoredItem;
use partita_model::descriptor::{BillingMode, Generation, TableSettings};
use partita_model::schema::{GlobalIndex, KeyAttribute, LocalIndex, Projection};
use partita_model::{
    AttributeValue, IndexName, KeySchema, Number, ScalarType, TableDescriptor, TableId, TableName,
};

use crate::{BatchPart, Options, Plan, Statement};

/// Reads `data` as a statement with up to two parameters and plans what parses, on a small table. Must not panic whatever `data`
/// is.
pub fn fuzz_statement(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parameters: [AttributeValue; 2] = ["a".into(), Number::from(7u64).into()];
    let table = table();
    let item =
        [("p".to_owned(), "a".into()), ("s".to_owned(), Number::from(1u64).into())].into_iter().collect();
    for count in 0..=parameters.len() {
        let given = parameters.get(..count).unwrap_or_default();
        let Ok(statement) = Statement::parse(&text, given) else { continue };
        let options = Options::default();
        std::hint::black_box(BatchPart::new(statement.clone(), &table, &options).is_ok());
        if let Ok(Plan::Read(mut reading)) = Plan::new(statement, &table, &options) {
            while reading.next().is_some() {
                let items = Some(vec![StoredItem::of(&item).into()]);
                reading.absorb(partita_protocol::output::Page { items, ..Default::default() });
            }
            std::hint::black_box(reading.finish());
        }
    }
}

/// The table `tab`: `p` (S) and `s` (N), a local index `lix` by `x` (S), a global index `gix` by `g` (S) that holds keys only.
pub(crate) fn table() -> TableDescriptor {
    let key = |name: &str, scalar| KeyAttribute { name: name.to_owned(), scalar };
    let (hash, range) = (key("p", ScalarType::S), key("s", ScalarType::N));
    let (x, g) = (key("x", ScalarType::S), key("g", ScalarType::S));
    TableDescriptor {
        id: TableId(1),
        name: TableName::new("tab"),
        generation: Generation(1),
        key: KeySchema { hash: hash.clone(), range: Some(range.clone()) },
        attributes: vec![hash.clone(), range, x.clone(), g.clone()],
        local_indexes: vec![LocalIndex {
            name: IndexName::new("lix"),
            key: KeySchema { hash, range: Some(x) },
            projection: Projection::All,
        }],
        global_indexes: vec![GlobalIndex {
            id: TableId(2),
            active: true,
            name: IndexName::new("gix"),
            hash: vec![g],
            range: Vec::new(),
            projection: Projection::KeysOnly,
            throughput: None,
        }],
        billing: BillingMode::PayPerRequest,
        throughput: None,
        stream: None,
        time_to_live: None,
        settings: TableSettings::default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::fuzz_statement;

    const SOUP: &str = "SELECT|INSERT INTO|UPDATE|DELETE FROM|FROM|WHERE|SET|REMOVE|VALUE|RETURNING|ALL OLD *|ORDER BY|DESC|\
        EXISTS|tab|\"tab\"|\"tab\".\"lix\"|tab.gix|p|s|g|x|a.b[0]|'a'|'a'|1|-1|1e3|TRUE|NULL|MISSING|?|=|=|<>|<|>=|AND|AND|OR|\
        NOT|IN|IS|BETWEEN|(|)|(|)|[|]|<<|>>|{|}|,|,|:|*|+|size(|begins_with(|list_append(";

    const BEGINNINGS: [&str; 6] = [
        "",
        "SELECT * FROM tab WHERE ",
        "SELECT * FROM tab WHERE p = 'a' AND ",
        "UPDATE tab SET a = ",
        "INSERT INTO tab VALUE {'p': ",
        "DELETE FROM tab WHERE p = 'a' AND s = 1 AND ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]

        #[test]
        fn no_bytes_panic(data in vec(any::<u8>(), 0..200)) {
            fuzz_statement(&data);
        }

        #[test]
        fn no_token_soup_panics(
            beginning in prop::sample::select(&BEGINNINGS[..]),
            words in vec(prop::sample::select(SOUP.split('|').collect::<Vec<_>>()), 0..40),
        ) {
            fuzz_statement(format!("{beginning}{}", words.join(" ")).as_bytes());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        for (open, close) in
            [("(", ")"), ("NOT ", ""), ("[", "]"), ("{'a':", "}"), ("- ", ""), ("size(", ")"), ("a = ", "")]
        {
            for count in [31, 32, 33, 90, 150, 2000] {
                let text =
                    format!("SELECT * FROM tab WHERE x = {}1{}", open.repeat(count), close.repeat(count));
                fuzz_statement(text.as_bytes());
                fuzz_statement(text.replace("x = ", "").as_bytes());
            }
        }
        for joint in
            [" = TRUE", " = FALSE", " AND x = 1", " OR x = 1", " + 1", " = 1", " IS NULL", " OR p = 'a'"]
        {
            fuzz_statement(format!("SELECT * FROM tab WHERE x = 1{}", joint.repeat(800)).as_bytes());
        }
    }
}
