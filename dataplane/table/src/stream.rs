//! Streams, as far as the change log knows them.
//!
//! A stream is a reader of its table's log, and the reader's name says all of it that never changes. So a stream exists, durably,
//! from the one write that registers the reader until the one that forgets it, and outlives the descriptor that asked for it. What
//! else there is to a stream is the business of those who serve it.

use partita_model::descriptor::{StreamSettings, StreamView};

/// What the names of streams begin with, among the readers of a log.
const MARK: &str = "stream:";

/// All views, for reading their names.
const VIEWS: [StreamView; 4] =
    [StreamView::KeysOnly, StreamView::NewImage, StreamView::OldImage, StreamView::NewAndOldImages];

/// The identity of a stream within its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamReader {
    /// [`StreamSettings::label`].
    pub label: String,
    /// [`StreamSettings::view`]; a table's streams may differ in it.
    pub view: StreamView,
}

impl StreamReader {
    /// The reader that these settings ask for while they are enabled.
    pub fn of(settings: &StreamSettings) -> Self {
        Self { label: settings.label.clone(), view: settings.view }
    }

    /// The reader's name: `stream:<label>:<view>`. It is on disk, and never changes.
    pub fn name(&self) -> String {
        format!("{MARK}{}:{}", self.label, self.view.as_str())
    }

    /// The inverse of [`name`](Self::name); `None` for readers that are no streams.
    pub fn parse(name: &str) -> Option<Self> {
        let (label, view) = name.strip_prefix(MARK)?.rsplit_once(':')?;
        let view = VIEWS.into_iter().find(|known| known.as_str() == view)?;
        Some(Self { label: label.to_owned(), view })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_change_and_are_read_back() {
        for (view, name) in VIEWS.into_iter().zip([
            "stream:2026-10-08T23:20:48.000:KEYS_ONLY",
            "stream:2026-10-08T23:20:48.000:NEW_IMAGE",
            "stream:2026-10-08T23:20:48.000:OLD_IMAGE",
            "stream:2026-10-08T23:20:48.000:NEW_AND_OLD_IMAGES",
        ]) {
            let stream = StreamReader { label: "2026-10-08T23:20:48.000".to_owned(), view };
            assert_eq!(stream.name(), name);
            assert_eq!(StreamReader::parse(name), Some(stream));
        }
    }

    #[test]
    fn other_readers_are_no_streams() {
        for name in
            ["indexes", "stream", "stream:", "stream:label", "stream:label:VIEW", "streams:label:KEYS_ONLY"]
        {
            assert_eq!(StreamReader::parse(name), None, "{name}");
        }
    }
}
