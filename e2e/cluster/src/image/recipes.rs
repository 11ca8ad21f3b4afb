//! The images that a test cluster runs.

use std::path::Path;

use crate::Image;

/// Who runs what needs no rights: the customary number of `nonroot`.
const NONROOT: &str = "65532:65532";
/// Where distributions keep the certificate authorities they trust.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Where the dynamic loader of the machine keeps what it knows of libraries outside its own folders.
const LOADER_CACHE: &str = "/etc/ld.so.cache";

impl Image {
    /// Partita as a release ships it: the statically linked binary, the machine's trusted certificate authorities, a place for
    /// temporary files; `localhost/partita:dev`, run as 65532.
    #[must_use]
    pub fn partita(binary: &Path) -> Self {
        let image = service("localhost/partita:dev", "/partita", binary);
        match std::fs::read_to_string(AUTHORITIES) {
            Ok(authorities) => image.text(AUTHORITIES, authorities),
            // A machine that trusts nobody: a store with TLS cannot be reached from it either.
            Err(_) => image,
        }
    }

    /// An S3 server over a folder: `localhost/versitygw:dev`, run as 65532, data in an empty `/data`.
    #[must_use]
    pub fn versitygw(binary: &Path) -> Self {
        service("localhost/versitygw:dev", "/versitygw", binary).folder("/data", 0o1777)
    }

    /// Where a pod can run the machine's own programs (python3 with an environment, node, a shell): `localhost/base:dev`.
    ///
    /// It is empty but for mount points and the links of a machine whose `/bin`, `/sbin`, `/lib` and `/lib64` lie in `/usr`, as they do in
    /// every current distribution. The pod brings the programs by read-only `hostPath` volumes: `/usr` at `/usr`, and any other folder
    /// (an environment, `node_modules`) at the path it has on the machine, which scripts in it may name.
    ///
    /// ```yaml
    /// spec:
    ///   containers:
    ///     - name: client
    ///       image: localhost/base:dev
    ///       command: [/usr/bin/python3, -c, "print('hello')"]
    ///       volumeMounts: [{ name: usr, mountPath: /usr, readOnly: true }]
    ///   volumes: [{ name: usr, hostPath: { path: /usr } }]
    /// ```
    #[must_use]
    pub fn base() -> Self {
        let mut image = unprivileged("localhost/base:dev").folder("/usr", 0o755).folder("/data", 0o1777);
        for name in ["bin", "sbin", "lib", "lib64"] {
            image = image.link(name, format!("usr/{name}"));
        }
        if Path::new(LOADER_CACHE).is_file() { image.program(LOADER_CACHE, LOADER_CACHE) } else { image }
    }

    pub(crate) fn coredns(binary: &Path) -> Self {
        // As root, of whose rights its pod leaves it one: to listen on port 53.
        service("localhost/coredns:dev", "/coredns", binary).user("0:0")
    }

    pub(crate) fn pause(binary: &Path) -> Self {
        Self::new("localhost/pause:dev").program("/pause", binary).entrypoint(["/pause"]).user(NONROOT)
    }
}

/// An image of one static program.
fn service(name: &str, path: &str, binary: &Path) -> Image {
    unprivileged(name).program(path, binary).entrypoint([path])
}

/// What a program expects of any system: users, how names are looked up, a place for temporary files.
fn unprivileged(name: &str) -> Image {
    Image::new(name)
        .user(NONROOT)
        .text("/etc/passwd", "root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/tmp:/none\n")
        .text("/etc/group", "root:x:0:\nnonroot:x:65532:\n")
        .text("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        .folder("/tmp", 0o1777)
}
