//! What an expression says, before anything in it is checked: names and values as written.

use crate::ast::Comparator;

/// A path; names keep their `#`.
#[derive(Clone, Debug)]
pub(crate) struct RawPath<'t> {
    pub(crate) head: &'t str,
    pub(crate) rest: Vec<RawStep<'t>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum RawStep<'t> {
    Field(&'t str),
    Index(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum RawOperand<'t> {
    Path(RawPath<'t>),
    /// `:value`, with its colon.
    Value(&'t str),
    Call(RawCall<'t>),
}

/// A function call; the function may not exist.
#[derive(Clone, Debug)]
pub(crate) struct RawCall<'t> {
    pub(crate) name: &'t str,
    pub(crate) operands: Vec<RawOperand<'t>>,
}

#[derive(Clone, Debug)]
pub(crate) enum RawNode<'t> {
    All(Vec<RawNode<'t>>),
    Any(Vec<RawNode<'t>>),
    Not(Box<RawNode<'t>>),
    Test(RawTest<'t>),
}

#[derive(Clone, Debug)]
pub(crate) enum RawTest<'t> {
    Compare { comparator: Comparator, operands: [RawOperand<'t>; 2] },
    Between { operands: [RawOperand<'t>; 3] },
    In { operand: RawOperand<'t>, list: Vec<RawOperand<'t>> },
    Call(RawCall<'t>),
}

/// One clause of an update: `SET`, `REMOVE`, `ADD` or `DELETE`.
#[derive(Clone, Debug)]
pub(crate) struct RawSection<'t> {
    pub(crate) name: &'static str,
    pub(crate) actions: Vec<RawAction<'t>>,
}

#[derive(Clone, Debug)]
pub(crate) struct RawAction<'t> {
    pub(crate) path: RawPath<'t>,
    /// Absent in `REMOVE` only; a bare `:value` in `ADD` and `DELETE`.
    pub(crate) value: Option<RawValue<'t>>,
}

/// The right-hand side of `SET`.
#[derive(Clone, Debug)]
pub(crate) enum RawValue<'t> {
    Operand(RawOperand<'t>),
    Sum { minus: bool, operands: [RawOperand<'t>; 2] },
}

/// The names, values and calls of an expression, each in the order written; a call comes before the calls inside it.
#[derive(Debug, Default)]
pub(crate) struct Parts<'r, 't> {
    pub(crate) paths: Vec<&'r RawPath<'t>>,
    pub(crate) values: Vec<&'t str>,
    pub(crate) calls: Vec<&'r RawCall<'t>>,
}

impl<'t> RawPath<'t> {
    /// The names in the path, as written.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'t str> {
        let fields = self.rest.iter().filter_map(|step| match step {
            RawStep::Field(name) => Some(*name),
            RawStep::Index(_) => None,
        });
        std::iter::once(self.head).chain(fields)
    }
}

impl<'t> RawTest<'t> {
    pub(crate) fn operands(&self) -> impl Iterator<Item = &RawOperand<'t>> {
        let (first, rest) = match self {
            Self::Compare { operands, .. } => (None, operands.as_slice()),
            Self::Between { operands } => (None, operands.as_slice()),
            Self::In { operand, list } => (Some(operand), list.as_slice()),
            Self::Call(call) => (None, call.operands.as_slice()),
        };
        first.into_iter().chain(rest)
    }
}

impl<'t> RawNode<'t> {
    /// The tests of the condition, in the order written.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &RawTest<'t>> {
        let (mut next, mut ahead) = (Some(self), Vec::new());
        std::iter::from_fn(move || {
            loop {
                match next.take().or_else(|| ahead.pop())? {
                    Self::All(nodes) | Self::Any(nodes) => ahead.extend(nodes.iter().rev()),
                    Self::Not(node) => next = Some(node),
                    Self::Test(test) => return Some(test),
                }
            }
        })
    }
}

impl<'t> RawValue<'t> {
    pub(crate) fn operands(&self) -> &[RawOperand<'t>] {
        match self {
            Self::Operand(operand) => std::slice::from_ref(operand),
            Self::Sum { operands, .. } => operands,
        }
    }
}

impl<'r, 't> Parts<'r, 't> {
    pub(crate) fn of_condition(node: &'r RawNode<'t>) -> Self {
        let mut parts = Self::default();
        for test in node.tests() {
            if let RawTest::Call(call) = test {
                parts.calls.push(call);
            }
            parts.add_all(test.operands());
        }
        parts
    }

    pub(crate) fn of_update(sections: &'r [RawSection<'t>]) -> Self {
        let mut parts = Self::default();
        for action in sections.iter().flat_map(|section| &section.actions) {
            parts.paths.push(&action.path);
            parts.add_all(action.value.iter().flat_map(RawValue::operands));
        }
        parts
    }

    fn add_all(&mut self, operands: impl IntoIterator<Item = &'r RawOperand<'t>>) {
        for operand in operands {
            let (mut next, mut ahead) = (Some(operand), Vec::new());
            while let Some(operand) = next.take().or_else(|| ahead.pop()) {
                match operand {
                    RawOperand::Path(path) => self.paths.push(path),
                    RawOperand::Value(name) => self.values.push(name),
                    RawOperand::Call(call) => {
                        self.calls.push(call);
                        ahead.extend(call.operands.iter().rev());
                    }
                }
            }
        }
    }
}
