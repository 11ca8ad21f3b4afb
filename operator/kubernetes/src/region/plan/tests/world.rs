//! A cluster as far as a planner can tell: steps change it as server-side apply would.

use std::sync::Arc;

use k8s_openapi::ByteString;

use super::*;

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) snapshot: Snapshot,
    made: u32,
}

impl World {
    pub(super) fn carry_out(&mut self, step: &Step) {
        match step {
            Step::MakeKey(secret) => self.make_key(secret),
            Step::ApplySecret(wanted) => {
                let place = self.secret(&wanted.name_any());
                let mut secret = wanted.as_ref().clone();
                secret.data = secret.data.or_else(|| place.as_ref().and_then(|there| there.data.clone()));
                *place = Some(Arc::new(secret));
            }
            Step::ApplyVolume(volume) => self.snapshot.volume = Some(Arc::new(volume.as_ref().clone())),
            Step::ApplyService(service) => self.snapshot.service = Some(Arc::new(service.as_ref().clone())),
            Step::StartNode(pod) => self.start(pod),
            Step::ReplaceNode { uid, .. } | Step::RemoveNode { uid, .. } => {
                if self.snapshot.pod.as_ref().is_some_and(|pod| pod.uid().as_ref() == Some(uid)) {
                    self.end_pod();
                }
            }
            Step::AnnotateNode { sum, .. } => {
                self.edit_pod(|pod| {
                    pod.annotations_mut().insert(names::CREDENTIALS_CHECKSUM.to_owned(), sum.clone());
                });
            }
        }
    }

    /// What was being deleted is gone; a volume only if no pod uses it.
    pub(super) fn pass_time(&mut self) {
        fn gone<K: Resource>(place: &mut Option<Arc<K>>) {
            if place.as_deref().is_some_and(ends) {
                *place = None;
            }
        }
        gone(&mut self.snapshot.pod);
        if self.snapshot.pod.is_none() {
            gone(&mut self.snapshot.volume);
        }
    }

    pub(super) fn end_pod(&mut self) {
        self.edit_pod(|pod| pod.metadata.deletion_timestamp = Some(time(NOW.0)));
    }

    pub(super) fn end_volume(&mut self) {
        if let Some(volume) = &mut self.snapshot.volume {
            Arc::make_mut(volume).metadata.deletion_timestamp = Some(time(NOW.0));
        }
    }

    pub(super) fn set_phase(&mut self, phase: &str) {
        self.edit_pod(|pod| pod.status.get_or_insert_default().phase = Some(phase.to_owned()));
    }

    pub(super) fn made_at(&mut self, millis: u64) {
        self.edit_pod(|pod| pod.metadata.creation_timestamp = Some(time(millis)));
    }

    pub(super) fn add_access_key(&mut self, name: &str, id: &str, key: &str) {
        let data = data(&[("accessKeyID", id), ("secretAccessKey", key)]);
        let mut secret = Secret { data: Some(data), ..Secret::default() };
        secret.metadata.name = Some(name.to_owned());
        self.snapshot.others.push(Arc::new(secret));
    }

    pub(super) fn set_data(&mut self, which: &str, parts: &[(&str, &str)]) {
        let place =
            if which == "internal" { &mut self.snapshot.internal } else { &mut self.snapshot.access_key };
        if let Some(secret) = place {
            Arc::make_mut(secret).data = Some(data(parts));
        }
    }

    /// What garbage collection leaves of a Region that is gone.
    pub(super) fn forget_owned(&mut self) {
        fn owned<K: Resource>(place: &mut Option<Arc<K>>) {
            if place.as_ref().is_some_and(|there| !there.owner_references().is_empty()) {
                *place = None;
            }
        }
        owned(&mut self.snapshot.pod);
        owned(&mut self.snapshot.service);
        owned(&mut self.snapshot.volume);
        owned(&mut self.snapshot.internal);
        owned(&mut self.snapshot.access_key);
        owned(&mut self.snapshot.credentials);
    }

    fn make_key(&mut self, wanted: &Secret) {
        self.made += 1;
        let id = format!("AK{}", self.made);
        let place = self.secret(&wanted.name_any());
        if place.is_none() {
            let mut secret = wanted.clone();
            secret.metadata.annotations = None;
            secret.metadata.owner_references = None;
            secret.data = Some(data(&[("accessKeyID", &id), ("secretAccessKey", "made")]));
            *place = Some(Arc::new(secret));
        }
    }

    fn start(&mut self, pod: &Pod) {
        if self.snapshot.pod.is_none() {
            self.made += 1;
            let mut pod = pod.clone();
            pod.metadata.uid = Some(format!("uid-{}", self.made));
            pod.metadata.creation_timestamp = Some(time(0));
            self.snapshot.pod = Some(Arc::new(pod));
        }
    }

    fn edit_pod(&mut self, edit: impl FnOnce(&mut Pod)) {
        if let Some(pod) = &mut self.snapshot.pod {
            edit(Arc::make_mut(pod));
        }
    }

    fn secret(&mut self, name: &str) -> &mut Option<Arc<Secret>> {
        match name {
            "partita-default-internal" => &mut self.snapshot.internal,
            "partita-default-access-key" => &mut self.snapshot.access_key,
            "partita-default-credentials" => &mut self.snapshot.credentials,
            other => panic!("no Secret {other}"),
        }
    }
}

fn data(parts: &[(&str, &str)]) -> std::collections::BTreeMap<String, ByteString> {
    parts.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().to_vec()))).collect()
}

fn time(millis: u64) -> Time {
    Time(jiff::Timestamp::from_millisecond(i64::try_from(millis).unwrap()).unwrap())
}
