//! Printing any condition and parsing it back gives the same condition, and it holds exactly when a second evaluator, written
//! on different lines, says so.

use std::collections::BTreeMap;
use std::fmt::Write;

use partita_model::arbitrary;
use partita_model::codec::StoredItem;
use partita_model::value::AttributeType;
use partita_model::{AttributeValue, Item, Number};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ast::{Comparator, order};
use crate::{Path, Step};

/// Few names and values, so that items have what conditions ask for.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "c", "zone", "and"]).prop_map(str::to_owned),
        1 => arbitrary::text().prop_filter("names are not empty", |name| !name.is_empty()),
    ]
}

fn small_value() -> impl Strategy<Value = AttributeValue> {
    let scalar = prop_oneof![
        (0u64..4).prop_map(|number| AttributeValue::N(Number::from(number))),
        prop::sample::select(vec!["", "a", "ab", "S", "N"]).prop_map(AttributeValue::from),
        Just(AttributeValue::Null),
        any::<bool>().prop_map(AttributeValue::Bool),
        prop::collection::btree_set(prop::sample::select(vec!["a", "ab"]).prop_map(str::to_owned), 1..3)
            .prop_map(AttributeValue::Ss),
        prop::collection::btree_set((0u64..4).prop_map(Number::from), 1..3).prop_map(AttributeValue::Ns),
        arbitrary::binary().prop_map(AttributeValue::B),
    ];
    scalar.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(AttributeValue::L),
            prop::collection::btree_map(name(), inner, 0..3).prop_map(AttributeValue::M),
        ]
    })
}

fn path() -> impl Strategy<Value = Path> {
    let step = prop_oneof![name().prop_map(Step::Field), (0usize..3).prop_map(Step::Index)];
    (name(), vec(step, 0..3)).prop_map(|(head, rest)| Path { head, rest })
}

fn operand() -> impl Strategy<Value = Operand> {
    let plain = prop_oneof![path().prop_map(Operand::Path), small_value().prop_map(Operand::Value)];
    let size = path().prop_map(|path| Operand::Size(Box::new(Operand::Path(path))));
    prop_oneof![5 => plain, 1 => size]
}

fn comparator() -> impl Strategy<Value = Comparator> {
    use Comparator::{Eq, Ge, Gt, Le, Lt, Ne};
    prop::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge])
}

/// Every test that parsing could make, and some that it refuses.
fn test() -> impl Strategy<Value = Test> {
    use AttributeType::{B, Bool, Bs, L, M, N, Ns, Null, S, Ss};
    let kinds = vec![S, N, B, Bool, Null, M, L, Ss, Ns, Bs];
    prop_oneof![
        (comparator(), operand(), operand()).prop_map(|(comparator, left, right)| Test::Compare {
            comparator,
            left,
            right
        }),
        (operand(), operand(), operand()).prop_map(|(operand, lower, upper)| Test::Between {
            operand,
            lower,
            upper
        }),
        (operand(), vec(operand(), 1..4)).prop_map(|(operand, list)| Test::In { operand, list }),
        path().prop_map(Test::Exists),
        path().prop_map(Test::NotExists),
        (operand(), prop::sample::select(kinds))
            .prop_map(|(operand, expected)| Test::HasType { operand, expected }),
        (operand(), operand()).prop_map(|(operand, prefix)| Test::BeginsWith { operand, prefix }),
        (operand(), operand()).prop_map(|(operand, element)| Test::Contains { operand, element }),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    test().prop_map(Node::Test).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Node::All),
            vec(inner.clone(), 2..4).prop_map(Node::Any),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

#[derive(Default)]
struct Printer {
    text: String,
    names: BTreeMap<String, String>,
    values: BTreeMap<String, AttributeValue>,
}

impl Printer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn separated<T>(&mut self, parts: &[T], separator: &str, mut put: impl FnMut(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.put(separator);
            }
            put(self, part);
        }
    }

    fn name(&mut self, name: &str) {
        let key = format!("#n{}", self.names.len());
        self.put(&key);
        self.names.insert(key, name.to_owned());
    }

    fn value(&mut self, value: &AttributeValue) {
        let key = format!(":v{}", self.values.len());
        self.put(&key);
        self.values.insert(key, value.clone());
    }

    fn path(&mut self, path: &Path) {
        self.name(&path.head);
        for step in &path.rest {
            match step {
                Step::Field(name) => {
                    self.put(".");
                    self.name(name);
                }
                Step::Index(index) => write!(self.text, "[{index}]").unwrap(),
            }
        }
    }

    fn operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(value) => self.value(value),
            Operand::Size(sized) => self.call("size", &[sized]),
        }
    }

    fn call(&mut self, name: &str, operands: &[&Operand]) {
        self.put(name);
        self.put(" (");
        self.separated(operands, ", ", |printer, operand| printer.operand(operand));
        self.put(")");
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Compare { comparator, left, right } => {
                self.operand(left);
                write!(self.text, "{comparator}").unwrap();
                self.operand(right);
            }
            Test::Between { operand, lower, upper } => {
                self.operand(operand);
                self.put(" between ");
                self.operand(lower);
                self.put(" And ");
                self.operand(upper);
            }
            Test::In { operand, list } => {
                self.operand(operand);
                self.put(" IN");
                self.call("", &list.iter().collect::<Vec<_>>());
            }
            Test::Exists(path) => self.call("attribute_exists", &[&Operand::Path(path.clone())]),
            Test::NotExists(path) => self.call("attribute_not_exists", &[&Operand::Path(path.clone())]),
            Test::HasType { operand, expected } => {
                let expected = Operand::Value(AttributeValue::from(expected.wire_name()));
                self.call("attribute_type", &[operand, &expected]);
            }
            Test::BeginsWith { operand, prefix } => self.call("begins_with", &[operand, prefix]),
            Test::Contains { operand, element } => self.call("contains", &[operand, element]),
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::All(nodes) => self.separated(nodes, " AND ", Self::part),
            Node::Any(nodes) => self.separated(nodes, " or ", Self::part),
            Node::Not(node) => {
                self.put("NOT ");
                self.part(node);
            }
            Node::Test(test) => self.test(test),
        }
    }

    fn part(&mut self, node: &Node) {
        let wrapped = matches!(node, Node::All(_) | Node::Any(_));
        self.put(if wrapped { "(" } else { "" });
        self.node(node);
        self.put(if wrapped { ")" } else { "" });
    }
}

/// Evaluates to a number of 0 or 1 with sums and products, and looks at values through their debug text where it can.
fn naive(node: &Node, item: &Item) -> u32 {
    match node {
        Node::All(nodes) => nodes.iter().map(|node| naive(node, item)).product(),
        Node::Any(nodes) => nodes.iter().map(|node| naive(node, item)).sum::<u32>().min(1),
        Node::Not(node) => 1 - naive(node, item),
        Node::Test(test) => u32::from(naive_test(test, item)),
    }
}

fn naive_test(test: &Test, item: &Item) -> bool {
    let get = |operand: &Operand| naive_operand(operand, item);
    // The size of a value that is there and has none differs from nothing.
    let is_sizeless = |operand: &Operand| match operand {
        Operand::Size(sized) => get(sized).is_some() && get(operand).is_none(),
        _ => false,
    };
    match test {
        Test::Compare { left, right, .. } if is_sizeless(left) || is_sizeless(right) => false,
        Test::Compare { comparator: Comparator::Ne, left, right } => match (get(left), get(right)) {
            (Some(left), Some(right)) => format!("{left:?}") != format!("{right:?}"),
            _ => true,
        },
        Test::Compare { comparator, left, right } => {
            let (Some(left), Some(right)) = (get(left), get(right)) else { return false };
            naive_order(*comparator, &left, &right)
        }
        Test::Between { operand, lower, upper } => {
            let (Some(value), Some(lower), Some(upper)) = (get(operand), get(lower), get(upper)) else {
                return false;
            };
            naive_order(Comparator::Le, &lower, &value) && naive_order(Comparator::Le, &value, &upper)
        }
        Test::In { operand, list } => list.iter().any(|element| {
            let equals =
                Test::Compare { comparator: Comparator::Eq, left: operand.clone(), right: element.clone() };
            naive_test(&equals, item)
        }),
        Test::Exists(path) => get(&Operand::Path(path.clone())).is_some(),
        Test::NotExists(path) => !naive_test(&Test::Exists(path.clone()), item),
        Test::HasType { operand, expected } => {
            get(operand).map(|value| value.attribute_type().long_name()) == Some(expected.long_name())
        }
        Test::BeginsWith { operand, prefix } => match (get(operand), get(prefix)) {
            (Some(AttributeValue::S(text)), Some(AttributeValue::S(prefix))) => text.find(&prefix) == Some(0),
            (Some(AttributeValue::B(text)), Some(AttributeValue::B(prefix))) => {
                prefix.len() <= text.len() && text.iter().zip(&prefix).all(|(left, right)| left == right)
            }
            _ => false,
        },
        Test::Contains { operand, element } => match (get(operand), get(element)) {
            (Some(container), Some(element)) => naive_contains(&container, &element),
            _ => false,
        },
    }
}

fn naive_order(comparator: Comparator, left: &AttributeValue, right: &AttributeValue) -> bool {
    if comparator == Comparator::Eq {
        return format!("{left:?}") == format!("{right:?}");
    }
    let Some(order) = order(left, right) else { return false };
    match comparator {
        Comparator::Lt => order as i8 == -1,
        Comparator::Le => order as i8 != 1,
        Comparator::Gt => order as i8 == 1,
        _ => order as i8 != -1,
    }
}

fn naive_contains(container: &AttributeValue, element: &AttributeValue) -> bool {
    let members: Vec<AttributeValue> = match (container, element) {
        (AttributeValue::S(text), AttributeValue::S(part)) => return text.split(part.as_str()).count() > 1,
        (AttributeValue::B(text), AttributeValue::B(part)) => {
            return (0..=text.len()).any(|start| text[start..].starts_with(part));
        }
        (AttributeValue::Ss(set), _) => set.iter().cloned().map(AttributeValue::S).collect(),
        (AttributeValue::Ns(set), _) => set.iter().copied().map(AttributeValue::N).collect(),
        (AttributeValue::Bs(set), _) => set.iter().cloned().map(AttributeValue::B).collect(),
        (AttributeValue::L(list), _) => list.clone(),
        _ => return false,
    };
    members.iter().any(|member| format!("{member:?}") == format!("{element:?}"))
}

fn naive_operand(operand: &Operand, item: &Item) -> Option<AttributeValue> {
    match operand {
        Operand::Value(value) => Some(value.clone()),
        Operand::Path(path) => {
            let mut here = AttributeValue::M(item.clone());
            for step in std::iter::once(&Step::Field(path.head.clone())).chain(&path.rest) {
                here = match (step, here) {
                    (Step::Field(name), AttributeValue::M(mut map)) => map.remove(name)?,
                    (Step::Index(index), AttributeValue::L(list)) => list.into_iter().nth(*index)?,
                    _ => return None,
                };
            }
            Some(here)
        }
        Operand::Size(sized) => {
            let length = match naive_operand(sized, item)? {
                AttributeValue::S(text) => text.chars().map(char::len_utf16).sum(),
                AttributeValue::B(bytes) => bytes.iter().count(),
                AttributeValue::M(map) => map.values().count(),
                AttributeValue::L(list) => list.len(),
                AttributeValue::Ss(set) => set.len(),
                AttributeValue::Ns(set) => set.len(),
                AttributeValue::Bs(set) => set.len(),
                AttributeValue::N(_) | AttributeValue::Bool(_) | AttributeValue::Null => return None,
            };
            Some(AttributeValue::N(length.to_string().parse().unwrap()))
        }
    }
}

fn some_item() -> impl Strategy<Value = Item> {
    prop::collection::btree_map(name(), small_value(), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn printed_conditions_parse_back(root in node()) {
        let mut printer = Printer::default();
        printer.node(&root);
        let Printer { text, names, values } = printer;
        let substitutions = Substitutions::new(
            Some(&names).filter(|names| !names.is_empty()),
            Some(&values).filter(|values| !values.is_empty()),
        )
        .unwrap();
        match Condition::parse(Kind::Condition, &text, &substitutions) {
            Ok(parsed) => {
                prop_assert_eq!(parsed.root, root);
                prop_assert_eq!(substitutions.finish(), Ok(()));
            }
            // Only what the type checks are for may be refused; the text itself was well formed.
            Err(Error::Expression { fault, .. }) => {
                use crate::error::Fault::{BoundTypes, BoundsReversed, NotDistinct, OperandType, TooLong};
                let refused = matches!(
                    fault,
                    BoundTypes { .. } | BoundsReversed { .. } | NotDistinct { .. } | OperandType { .. } | TooLong { .. }
                );
                prop_assert!(refused, "{}: {}", text, fault);
            }
            Err(other) => prop_assert!(false, "{}: {}", text, other),
        }
    }

    #[test]
    fn evaluation_agrees_with_the_naive_evaluator(root in node(), item in some_item()) {
        let expected = naive(&root, &item) == 1;
        let condition = Condition { root };
        prop_assert_eq!(condition.evaluate(&item), expected);
        prop_assert_eq!(condition.evaluate(&StoredItem::of(&item)), expected);
    }
}
