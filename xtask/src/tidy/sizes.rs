//! Sizes of files and functions. What is over a hard limit is cut, or stands in [`EXEMPT`] with its reason.

use anyhow::{Context as _, Result};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::shell::Shell;

/// Lines of a file without its tests.
const FILE_LINES_MAX: usize = 800;
/// Lines of a function. Not of one in a test file: a table of cases is data, and reads best in one piece.
const FUNCTION_LINES_MAX: usize = 70;
/// Lines of a test module inside a file; longer ones lie beside it.
const INNER_TEST_LINES_MAX: usize = 100;

/// Path and reason of every exemption.
const EXEMPT: &[(&str, &str)] = &[];

pub(crate) fn check(shell: &Shell, files: &[&str]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in
        files.iter().filter(|path| path.ends_with(".rs") && !EXEMPT.iter().any(|(exempt, _)| exempt == *path))
    {
        let text =
            std::fs::read_to_string(shell.root.join(path)).with_context(|| format!("cannot read {path}"))?;
        let file = syn::parse_file(&text).with_context(|| format!("cannot parse {path}"))?;
        let mut sizes = Sizes { path, found: Vec::new(), test_lines: 0 };
        sizes.visit_file(&file);
        found.append(&mut sizes.found);
        let lines = text.lines().count() - sizes.test_lines;
        if lines > FILE_LINES_MAX && !is_test(path) {
            found.push(format!("{path}: {lines} lines without tests, at most {FILE_LINES_MAX}"));
        }
    }
    Ok(found)
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

struct Sizes<'a> {
    path: &'a str,
    found: Vec<String>,
    test_lines: usize,
}

impl Sizes<'_> {
    fn function(&mut self, name: &syn::Ident, block: &syn::Block) {
        let lines = lines_of(block.span());
        if lines > FUNCTION_LINES_MAX && !is_test(self.path) {
            self.found.push(format!(
                "{}: function `{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}",
                self.path
            ));
        }
    }
}

impl<'ast> Visit<'ast> for Sizes<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = module.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        });
        if test && module.content.is_some() {
            let lines = lines_of(module.span());
            self.test_lines += lines;
            if lines > INNER_TEST_LINES_MAX {
                self.found.push(format!(
                    "{}: {lines} lines of tests inside the file, over {INNER_TEST_LINES_MAX} they lie beside it",
                    self.path
                ));
            }
        }
        visit::visit_item_mod(self, module);
    }
}

fn lines_of(span: proc_macro2::Span) -> usize {
    span.end().line + 1 - span.start().line
}
