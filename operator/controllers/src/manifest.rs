//! Manifests: text with YAML documents, to objects that know on which line each field stands.
//!
//! Text is read as kubectl reads it: documents are split at lines of `---`, and plain scalars mean what they mean in
//! YAML 1.1, where an unquoted `N`, `y`, `no` or `on` is a boolean. That is why this is built on a parser of events
//! and not on a deserializer: those resolve scalars by YAML 1.2, and would accept here what a cluster rejects.
//!
//! A document that is wrong is reported with its line; the documents around it are read all the same.

mod scalar;
mod tree;

use std::collections::BTreeMap;

use serde_json::Value;

/// Largest manifest file, in bytes: what an API server takes in one request.
pub const FILE_BYTES_MAX: u64 = 3 * 1024 * 1024;

/// One object as a manifest declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The object as JSON.
    pub object: Value,
    /// Line the document starts on, from 1.
    pub line: usize,
    lines: BTreeMap<String, usize>,
}

impl Document {
    /// The line of the field at `path` (`spec.tags[0].key`), or of its nearest ancestor that is there.
    pub fn line_of(&self, path: &str) -> usize {
        let mut rest = path;
        loop {
            if let Some(line) = self.lines.get(rest) {
                return *line;
            }
            match rest.rfind(['.', '[']).and_then(|end| rest.get(..end)) {
                Some(parent) => rest = parent,
                None => return self.line,
            }
        }
    }
}

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Path of the field; empty if the fault is not one field's.
    pub field: String,
    /// What is wrong.
    pub reason: String,
}

/// Reads every document of `text`; what cannot be read is among the faults. Documents without content are skipped, and
/// a `List` stands for its items.
pub fn parse(text: &str) -> (Vec<Document>, Vec<Fault>) {
    let mut documents = Vec::new();
    let mut faults = Vec::new();
    for (first_line, chunk) in chunks(text) {
        match tree::read(&chunk, first_line) {
            Ok(read) => documents.extend(read.into_iter().flat_map(expand)),
            Err(fault) => faults.push(fault),
        }
    }
    (documents, faults)
}

/// The texts between lines of `---`, each with the number of its first line.
fn chunks(text: &str) -> Vec<(usize, String)> {
    let mut chunks = vec![(1, String::new())];
    for (position, line) in text.lines().enumerate() {
        if line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty()) {
            chunks.push((position + 2, String::new()));
        } else if let Some((_, chunk)) = chunks.last_mut() {
            chunk.push_str(line);
            chunk.push('\n');
        }
    }
    chunks
}

/// The items of a `List`, or the document itself.
fn expand(document: Document) -> Vec<Document> {
    let is_list = document.object["kind"] == "List" && document.object["apiVersion"] == "v1";
    let Some(items) = document.object["items"].as_array().filter(|_| is_list) else { return vec![document] };
    let item = |(position, object): (usize, &Value)| {
        let prefix = format!("items[{position}]");
        let lines = document
            .lines
            .iter()
            .filter_map(|(path, line)| {
                Some((path.strip_prefix(&prefix)?.trim_start_matches('.').to_owned(), *line))
            })
            .collect();
        Document { object: object.clone(), line: document.line_of(&prefix), lines }
    };
    items.iter().enumerate().map(item).collect()
}

#[cfg(test)]
mod tests;
