//! The programs a cluster is made of: built once from Go modules, and found among the system's packages.

mod build;
mod packages;

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::{Image, machine};

/// The built programs, in a folder of the user's cache that is named by what they were built from.
#[derive(Clone, Debug)]
pub struct Tools {
    programs: PathBuf,
}

impl Tools {
    /// Builds what is missing and installs missing packages; `progress` gets a line now and then. The first build takes about ten
    /// minutes of two processors, all others nothing: it is kept by the hash of everything it is made from, and shared by all clones.
    ///
    /// # Errors
    /// The machine cannot run a cluster, or a program cannot be built or installed; the message says what to do.
    pub fn ensure(cache: &Path, progress: &mut dyn FnMut(&str)) -> Result<Self> {
        machine::check()?;
        packages::install(progress)?;
        Ok(Self { programs: build::ensure(&cache.join("cluster"), progress)? })
    }

    /// The tools that [`Tools::ensure`] built before: for tests, which should not build for minutes.
    ///
    /// # Errors
    /// The machine cannot run a cluster, or something was not built or installed.
    pub fn find(cache: &Path) -> Result<Self> {
        machine::check()?;
        let missing = packages::missing();
        ensure!(
            missing.is_empty(),
            "the test cluster misses {}: run `cargo xtask cluster build`",
            missing.join(", ")
        );
        Ok(Self { programs: build::find(&cache.join("cluster"))? })
    }

    /// The folder of the programs, by their usual names: `kubectl`, `helm`, `versitygw`, ….
    #[must_use]
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The image of an S3 server; see [`Image::versitygw`].
    #[must_use]
    pub fn versitygw_image(&self) -> Image {
        Image::versitygw(&self.programs.join("versitygw"))
    }

    /// The images that no node can do without.
    pub(crate) fn node_images(&self) -> [Image; 2] {
        [Image::pause(&self.programs.join("pause")), Image::coredns(&self.programs.join("coredns"))]
    }
}
