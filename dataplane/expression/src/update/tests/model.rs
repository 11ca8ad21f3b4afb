//! Updates of top-level attributes against a model that makes the changes one by one on two copies of the item.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use partita_model::Number;
use proptest::prelude::*;

use super::*;

const NAMES: [&str; 5] = ["v", "w", "x", "y", "z1"];

#[derive(Clone, Debug)]
enum Value {
    Number(u8),
    Attribute(usize),
    IfNotExists(usize, u8),
    Plus(usize, u8),
    Minus(u8, usize),
}

#[derive(Clone, Debug)]
enum Step {
    Set(Value),
    Remove,
    AddNumber(u8),
    AddSet(u8),
    DeleteSet(u8),
}

fn small() -> std::ops::Range<u8> {
    0..8
}

fn value() -> impl Strategy<Value = Value> {
    let name = 0..NAMES.len();
    prop_oneof![
        small().prop_map(Value::Number),
        name.clone().prop_map(Value::Attribute),
        (name.clone(), small()).prop_map(|(name, number)| Value::IfNotExists(name, number)),
        (name.clone(), small()).prop_map(|(name, number)| Value::Plus(name, number)),
        (small(), name).prop_map(|(number, name)| Value::Minus(number, name)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        value().prop_map(Step::Set),
        Just(Step::Remove),
        small().prop_map(Step::AddNumber),
        (1u8..8).prop_map(Step::AddSet),
        (1u8..8).prop_map(Step::DeleteSet),
    ]
}

/// Numbers, and sets of the bits of a number.
fn attribute() -> impl Strategy<Value = AttributeValue> {
    prop_oneof![small().prop_map(number), (1u8..8).prop_map(bits)]
}

fn number(number: u8) -> AttributeValue {
    AttributeValue::N(Number::from(u64::from(number)))
}

fn bits(number: u8) -> AttributeValue {
    let set = (0..8u64).filter(|bit| number & (1 << bit) != 0).map(Number::from);
    AttributeValue::Ns(set.collect())
}

/// `Err` is whether the attribute was missing, else of a wrong type.
fn model(steps: &BTreeMap<usize, Step>, before: &Item) -> Result<Item, bool> {
    let get = |name: usize| before.get(NAMES[name]).ok_or(true);
    let get_number = |name: usize| match get(name)? {
        AttributeValue::N(number) => Ok(number.to_string().parse::<i64>().unwrap()),
        _ => Err(false),
    };
    let mut after = before.clone();
    for (name, step) in steps {
        let existing = before.get(NAMES[*name]).cloned();
        let new = match step {
            Step::Remove => None,
            Step::Set(Value::Number(value)) => Some(number(*value)),
            Step::Set(Value::Attribute(other)) => Some(get(*other)?.clone()),
            Step::Set(Value::IfNotExists(other, value)) => {
                Some(get(*other).cloned().unwrap_or(number(*value)))
            }
            Step::Set(Value::Plus(other, value)) => Some(n(get_number(*other)? + i64::from(*value))),
            Step::Set(Value::Minus(value, other)) => Some(n(i64::from(*value) - get_number(*other)?)),
            Step::AddNumber(value) => match existing {
                None => Some(number(*value)),
                Some(AttributeValue::N(_)) => Some(n(get_number(*name)? + i64::from(*value))),
                Some(_) => return Err(false),
            },
            Step::AddSet(value) | Step::DeleteSet(value) => {
                let AttributeValue::Ns(operand) = bits(*value) else { unreachable!() };
                let mut set = match existing {
                    None => BTreeSet::new(),
                    Some(AttributeValue::Ns(set)) => set,
                    Some(_) => return Err(false),
                };
                for member in operand {
                    match step {
                        Step::AddSet(_) => set.insert(member),
                        _ => set.remove(&member),
                    };
                }
                (!set.is_empty()).then_some(AttributeValue::Ns(set))
            }
        };
        after.remove(NAMES[*name]);
        after.extend(new.map(|value| (NAMES[*name].to_owned(), value)));
    }
    Ok(after)
}

fn print(steps: &BTreeMap<usize, Step>) -> (String, BTreeMap<String, AttributeValue>) {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut values = BTreeMap::new();
    for (name, step) in steps {
        let target = NAMES[*name];
        let mut put = |value: AttributeValue| {
            let key = format!(":v{}", values.len());
            values.insert(key.clone(), value);
            key
        };
        let (section, action) = match step {
            Step::Remove => ("REMOVE", target.to_owned()),
            Step::AddNumber(value) => ("ADD", format!("{target} {}", put(number(*value)))),
            Step::AddSet(value) => ("ADD", format!("{target} {}", put(bits(*value)))),
            Step::DeleteSet(value) => ("DELETE", format!("{target} {}", put(bits(*value)))),
            Step::Set(value) => {
                let value = match value {
                    Value::Number(value) => put(number(*value)),
                    Value::Attribute(other) => NAMES[*other].to_owned(),
                    Value::IfNotExists(other, value) => {
                        format!("if_not_exists({}, {})", NAMES[*other], put(number(*value)))
                    }
                    Value::Plus(other, value) => format!("{} + {}", NAMES[*other], put(number(*value))),
                    Value::Minus(value, other) => format!("{} - {}", put(number(*value)), NAMES[*other]),
                };
                ("SET", format!("{target} = {value}"))
            }
        };
        sections.entry(section).or_default().push(action);
    }
    let mut text = String::new();
    for (section, actions) in sections {
        write!(text, "{section} {} ", actions.join(", ")).unwrap();
    }
    (text, values)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn updates_agree_with_the_model(
        steps in prop::collection::btree_map(0..NAMES.len(), step(), 1..5),
        before in prop::collection::btree_map(prop::sample::select(&NAMES[..]).prop_map(str::to_owned), attribute(), 0..5),
    ) {
        let (text, values) = print(&steps);
        let values = Some(&values).filter(|values| !values.is_empty());
        let update = Update::parse(&text, &Substitutions::new(None, values).unwrap()).unwrap();
        match (update.apply(&before), model(&steps, &before)) {
            (Ok(after), expected) => prop_assert_eq!(Ok(after), expected, "{}", text),
            // Which of several errors is told is not the model's to say.
            (Err(UpdateError::MissingAttribute | UpdateError::IncorrectOperandType), Err(_)) => {}
            (Err(error), expected) => prop_assert!(false, "{}: {:?} but {:?}", text, error, expected),
        }
    }
}
