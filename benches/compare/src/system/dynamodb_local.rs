//! DynamoDB Local, AWS's own emulator over SQLite, from Maven Central.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{Lab, System};
use crate::machine::{on_server_core, quietly};
use crate::server::{Server, free_port};

/// One version of it, and all it needs, as Maven resolves it.
const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.partita</groupId>
  <artifactId>compare</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId>
      <artifactId>DynamoDBLocal</artifactId>
      <version>2.6.1</version>
    </dependency>
  </dependencies>
</project>
"#;
const MAIN: &str = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner";

pub(super) struct DynamoDbLocal {
    pub(super) on_disk: bool,
}

impl System for DynamoDbLocal {
    fn name(&self) -> &'static str {
        if self.on_disk { "DynamoDB Local, disk" } else { "DynamoDB Local, memory" }
    }

    fn about(&self) -> &'static str {
        "DynamoDBLocal 2.6.1 of Maven Central, AWS's emulator over SQLite; checks no signatures"
    }

    fn install(&self, lab: &Lab) -> Result<()> {
        let folder = lab.peers.join("dynamodb-local");
        let pom = folder.join("pom.xml");
        if folder.join("lib").is_dir() && std::fs::read_to_string(&pom).is_ok_and(|there| there == POM) {
            return Ok(());
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        std::fs::write(&pom, POM)?;
        let mut maven = Command::new("mvn");
        maven.current_dir(&folder).args([
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DoutputDirectory=lib",
        ]);
        quietly(&mut maven)
    }

    fn start(&self, lab: &Lab, folder: &Path) -> Result<Server> {
        let port = free_port()?;
        let library = lab.peers.join("dynamodb-local/lib");
        let mut command = on_server_core("java");
        command.current_dir(folder);
        command.arg(format!("-Djava.library.path={}", library.display()));
        command.arg("-cp").arg(library.join("*")).arg(MAIN);
        command.args(["-port", &port.to_string(), "-disableTelemetry"]);
        if self.on_disk {
            command.arg("-dbPath").arg(folder);
        } else {
            command.arg("-inMemory");
        }
        Server::start(&mut command, port, folder)
    }
}
