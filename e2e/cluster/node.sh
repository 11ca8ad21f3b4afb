#!/usr/bin/env bash
# The first process of a test cluster: everything Kubernetes runs below it, in namespaces of its own.
#
#   node.sh FOLDER join    joins the cluster's cgroups, makes the namespaces, and becomes
#   node.sh FOLDER init    process 1 inside them; when it ends, the kernel ends all the rest
#
# The network namespace is there already, with its address and route. FOLDER holds node.env (settings), cgroups (one folder a
# line), pki/, config/, images/ and receives logs/, timeline (a line "WHAT SECONDS" per step) and, when a program ended, failed.
# Standard input is the lease of the cluster's number: it stays open here, and only here, for as long as the cluster runs.
set -euo pipefail

FOLDER=$1
STAGE=$2
# shellcheck source=/dev/null
. "$FOLDER/node.env"
PKI=$FOLDER/pki
CONFIG=$FOLDER/config
declare -A PROGRAM_OF

main() {
  mkdir -p "$FOLDER/logs"
  note started
  mount -t tmpfs -o mode=755 tmpfs /run # hides the machine's sockets and locks
  mkdir -p /run/lock
  [ "$TIER" = api-server ] || become_a_node
  api_server
  [ "$TIER" = api-server ] || container_runtime
  await api_server_ready
  note api-server-ready
  [ "$TIER" = api-server ] || controllers_and_kubelet
  stay
}

join() {
  while read -r cgroup; do echo $$ > "$cgroup/cgroup.procs"; done < "$FOLDER/cgroups"
  exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --mount-proc --propagation private \
    bash "$0" "$FOLDER" init
}

# --- what the machine lends, made the cluster's own ---

become_a_node() {
  hostname "$NODE"
  fresh_cgroups
  own_folders
  cover_sysctls
  mount --make-rshared / # volumes that kubelet mounts have to reach containerd and the containers
}

# sysfs shows the network namespace it was mounted in, and cgroup folders the cgroup namespace: both are mounted anew. The old
# mounts have to go, for the container runtime finds cgroups by reading the list of mounts.
fresh_cgroups() {
  umount --recursive /sys
  mount -t sysfs sysfs /sys
  if [ "$CGROUP_VERSION" = 2 ]; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    # Controllers may be handed down only by a cgroup that has no process itself.
    mkdir /sys/fs/cgroup/init
    for process in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$process" > /sys/fs/cgroup/init/cgroup.procs || true; done
    for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
      echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
    done
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  local controller
  while IFS=: read -r _ controller _; do
    [ -n "$controller" ] || continue
    mkdir -p "/sys/fs/cgroup/${controller#name=}"
    # A hierarchy without a controller is mounted by its name.
    mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/${controller#name=}" 2> /dev/null ||
      mount -t cgroup -o "none,$controller" cgroup "/sys/fs/cgroup/${controller#name=}"
  done < /proc/self/cgroup
}

# The folders whose paths kubelet and the CNI plugins cannot be told, taken from the cluster's folder.
own_folders() {
  local folder
  for folder in /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers; do
    mkdir -p "$folder" "$FOLDER/fs$folder"
    mount --bind "$FOLDER/fs$folder" "$folder"
  done
}

# kubelet wants these settings of the kernel and writes them when they differ. They are the whole machine's, so it gets files
# that hold the wanted values in their place.
cover_sysctls() {
  local setting file
  for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
    kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
    file=$FOLDER/fs/sysctl/${setting%%=*}
    mkdir -p "$(dirname "$file")"
    echo "${setting##*=}" > "$file"
    mount --bind "$file" "/proc/sys/${setting%%=*}"
  done
}

# --- the programs ---

api_server() {
  # A test's data need not survive the machine: without fsync etcd answers at once on any disk.
  launch etcd etcd --data-dir "$FOLDER/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
  launch kube-apiserver kube-apiserver --v=1 --profiling=false --allow-privileged \
    --etcd-servers=http://127.0.0.1:2379 \
    --bind-address=0.0.0.0 --secure-port=6443 --advertise-address="$ADDRESS" --service-cluster-ip-range="$SERVICES" \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --client-ca-file="$PKI/ca.crt" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --kubelet-preferred-address-types=InternalIP --kubelet-certificate-authority="$PKI/ca.crt" \
    --kubelet-client-certificate="$PKI/apiserver-to-kubelet.crt" --kubelet-client-key="$PKI/apiserver-to-kubelet.key" \
    --requestheader-client-ca-file="$PKI/ca.crt" --requestheader-allowed-names=front-proxy \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key"
}

api_server_ready() {
  [ "$(curl --silent --max-time 2 --cacert "$PKI/ca.crt" https://127.0.0.1:6443/readyz)" = ok ]
}

controllers_and_kubelet() {
  launch kube-controller-manager kube-controller-manager --v=1 --profiling=false --leader-elect=false \
    --kubeconfig="$PKI/controller-manager.kubeconfig" \
    --authentication-kubeconfig="$PKI/controller-manager.kubeconfig" \
    --authorization-kubeconfig="$PKI/controller-manager.kubeconfig" \
    --use-service-account-credentials --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key"
  launch kube-scheduler kube-scheduler --v=1 --profiling=false --leader-elect=false \
    --kubeconfig="$PKI/scheduler.kubeconfig" --authentication-kubeconfig="$PKI/scheduler.kubeconfig" \
    --authorization-kubeconfig="$PKI/scheduler.kubeconfig"
  launch kubelet kubelet --v=2 --config="$CONFIG/kubelet.yaml" --kubeconfig="$PKI/kubelet.kubeconfig" \
    --hostname-override="$NODE" --node-ip="$ADDRESS"
  launch kube-proxy kube-proxy --v=2 --config="$CONFIG/kube-proxy.yaml"
  note node-started
}

# The images come before kubelet: a pod whose image is missing waits for ten seconds before it looks again.
container_runtime() {
  launch containerd containerd --config "$CONFIG/containerd.toml"
  await ctr version
  note containerd-ready
  local image
  for image in "$FOLDER"/images/*.tar; do
    ctr --namespace k8s.io images import "$image" >> "$FOLDER/logs/import.log" 2>&1 || end "the import of $image"
  done
  note images-imported
}

# --- watching over them ---

launch() {
  local name=$1
  shift
  "$@" > "$FOLDER/logs/$name.log" 2>&1 &
  PROGRAM_OF[$!]=$name
}

note() {
  echo "$1 $EPOCHREALTIME" >> "$FOLDER/timeline"
}

# Repeats a command until it succeeds, for as long as every program runs. Whoever started the cluster bounds the time.
await() {
  until "$@" > /dev/null 2>&1; do
    local process
    for process in "${!PROGRAM_OF[@]}"; do
      kill -0 "$process" 2> /dev/null || end "${PROGRAM_OF[$process]}"
    done
    sleep 0.05
  done
}

# No program may end by itself: a cluster that lost one ends as a whole and says which it was.
stay() {
  local process
  note up
  wait -n -p process || true
  end "${PROGRAM_OF[$process]}"
}

end() {
  echo "$1" > "$FOLDER/failed"
  exit 1
}

if [ "$STAGE" = join ]; then join; else main; fi
