#!/usr/bin/env bash
# Rendered by wigen from app.toml; change that and render again.
#
# Workload Identity for the pods of the Kubernetes ServiceAccount fastapi-books
# in namespace default: they act as the Google Cloud service account fastapi-books.
#
#   bash gcloud.sh plan             print what apply would do, change nothing
#   bash gcloud.sh [apply]          make it so; safe to run again at any time
#   bash gcloud.sh plan destroy     print what destroy would do, change nothing
#   bash gcloud.sh destroy          take back what apply granted; the cluster is kept
#
# WIGEN_DELAY (seconds before the first retry, 2) and WIGEN_ATTEMPTS (8) tune the retries.
set -euo pipefail

# ---- The facts ---------------------------------------------------------------------------------

PROJECT=my-project
CLUSTER=fastapi-cluster
REGION=us-central1
WORKLOAD_POOL=my-project.svc.id.goog
ACCOUNT=fastapi-books
ACCOUNT_EMAIL=fastapi-books@my-project.iam.gserviceaccount.com
WORKLOAD_MEMBER='serviceAccount:my-project.svc.id.goog[default/fastapi-books]'

# ---- The steps ---------------------------------------------------------------------------------

apply() {
  # Workload Identity must be on: look, change nothing
  find_cluster || die "cluster $CLUSTER does not exist in $REGION, project $PROJECT"
  expect_pool \
    gcloud container clusters update "$CLUSTER" \
    --workload-pool="$WORKLOAD_POOL" \
    --region="$REGION" \
    --project="$PROJECT"

  # Create the Google Cloud service account
  find_account || create_account \
    gcloud iam service-accounts create "$ACCOUNT" \
    --project="$PROJECT"

  # Allow the Kubernetes ServiceAccount to impersonate the Google Cloud service account
  bind gcloud iam service-accounts add-iam-policy-binding "$ACCOUNT_EMAIL" \
    --role=roles/iam.workloadIdentityUser \
    --member="$WORKLOAD_MEMBER" \
    --condition=None --project="$PROJECT"
}

# The same in reverse: what names the account goes before the account.
destroy() {
  find_account || return 0
  unbind gcloud iam service-accounts remove-iam-policy-binding "$ACCOUNT_EMAIL" \
    --role=roles/iam.workloadIdentityUser \
    --member="$WORKLOAD_MEMBER" \
    --condition=None --project="$PROJECT"

  delete_account gcloud iam service-accounts delete "$ACCOUNT_EMAIL" --project="$PROJECT"
}

# ---- The machinery -----------------------------------------------------------------------------

WIGEN_DELAY=${WIGEN_DELAY:-2}
WIGEN_ATTEMPTS=${WIGEN_ATTEMPTS:-8}
export CLOUDSDK_CORE_DISABLE_PROMPTS=1

planning=    # set: print, change nothing
changes=0    # writes made, or planned
new_account= # set: this run made the account, so no policy can name it yet
pool=        # the workload pool that the cluster uses
answer=      # what the last gcloud command printed

# find_cluster: reads the cluster, waiting while it is being made; fails when there is none.
find_cluster() {
  local status waits=0
  while look gcloud container clusters describe "$CLUSTER" \
    --region="$REGION" \
    --project="$PROJECT" --format='csv[no-heading](status,workloadIdentityConfig.workloadPool)'; do
    status=${answer%%,*}
    pool=${answer#*,}
    case $status in
      RUNNING | RECONCILING | DEGRADED)
        say "= cluster $CLUSTER, workload pool ${pool:-off}"
        return 0
        ;;
      PROVISIONING) ;;
      *) die "cluster $CLUSTER is $status" ;;
    esac
    [ -z "$planning" ] || return 0
    waits=$((waits + 1))
    [ "$waits" -le 360 ] || die "cluster $CLUSTER is still $status"
    [ "$waits" -gt 1 ] || say "cluster $CLUSTER is $status: waiting"
    sleep "$((WIGEN_DELAY * 5))"
  done
  return 1
}

# expect_pool COMMAND: stops when the workload pool is off; COMMAND would turn it on.
expect_pool() {
  [ -n "$pool" ] || die "Workload Identity is off on cluster $CLUSTER; this turns it on: $(printf '%q ' "$@")"
  same_pool
}

# same_pool: stops when the cluster uses another pool than the one that this was rendered for.
same_pool() {
  [ "$pool" = "$WORKLOAD_POOL" ] || die "cluster $CLUSTER uses the workload pool $pool, not $WORKLOAD_POOL"
}

# find_account: fails when there is no account. It reads a list, because a single account that is
# absent cannot be told from one that is forbidden.
find_account() {
  look gcloud iam service-accounts list --filter="email=$ACCOUNT_EMAIL" \
    --project="$PROJECT" --format='value(email)' || die "no project $PROJECT"
  if [ "$answer" != "$ACCOUNT_EMAIL" ]; then
    say "  account $ACCOUNT_EMAIL does not exist"
    return 1
  fi
  say "= account $ACCOUNT_EMAIL"
}

# create_account COMMAND: creates the account.
create_account() {
  write 'already exists' "$@"
  new_account=yes
}

# delete_account COMMAND: deletes the account.
delete_account() {
  write 'NOT_FOUND' "$@"
}

# bind COMMAND: runs an add-iam-policy-binding command, unless the policy holds the binding.
bind() {
  if [ -z "$new_account" ] && bound "$@"; then
    say "= $(words "$@")"
  else
    write '' "$@"
  fi
}

# unbind COMMAND: runs a remove-iam-policy-binding command, if the policy holds the binding.
unbind() {
  if bound "$@"; then
    write 'not found!' "$@"
  fi
}

# bound COMMAND: whether the policy that the command would change holds its binding now.
bound() {
  local word seen='' role='' member=''
  local get=()
  for word in "$@"; do
    case $word in
      --role=*) role=${word#*=} ;;
      --member=*) member=${word#*=} ;;
      --condition=*) ;;
      add-iam-policy-binding | remove-iam-policy-binding)
        # Once: what comes after it is a resource, and may bear this very name.
        if [ -n "$seen" ]; then get+=("$word"); else get+=(get-iam-policy); fi
        seen=yes
        ;;
      *) get+=("$word") ;;
    esac
  done
  look "${get[@]}" --flatten='bindings[].members' \
    --format='csv[no-heading](bindings.role,bindings.members,bindings.condition.expression)' ||
    die "this policy is not there: $(words "${get[@]}")"
  grep -Fxq -e "$role,$member," <<<"$answer"
}

# look COMMAND: runs a command that only reads; fails when what it reads is absent, and stops when
# it cannot be read.
look() {
  if attempt "$@"; then return 0; fi
  if grep -Eq 'code=404' "$errors"; then return 1; fi
  die "cannot read: $(words "$@")" "$(cat "$errors")"
}

# write DONE COMMAND: runs a command that changes something, or prints it when planning. An error
# that matches DONE says that the change had been made already.
write() {
  local done=$1
  shift
  say "+ $(words "$@")"
  changes=$((changes + 1))
  if [ -n "$planning" ] || attempt "$@"; then return 0; fi
  if [ -n "$done" ] && grep -Eq -e "$done" "$errors"; then return 0; fi
  die "failed: $(words "$@")" "$(cat "$errors")"
}

# attempt COMMAND: runs a command until it succeeds or is refused for good. What is only slow is
# tried again, later each time: an account or a pool that is not visible yet, a policy that somebody
# else changed meanwhile, a busy cluster, a quota per minute, a server in trouble.
attempt() {
  local tries=1 delay=$WIGEN_DELAY
  local slow='concurrent policy changes|HTTPError 412|[Ss]ervice account .*does not exist'
  slow="$slow|NOT_FOUND: Unknown service account|Identity Pool does not exist"
  # For an account that is not visible yet; nobody can tell it from one that is forbidden.
  slow="$slow|iam\.serviceAccounts\.[gs]etIamPolicy.*\(or it may not exist\)"
  slow="$slow|Please wait and try again|RESOURCE_EXHAUSTED|code=429|code=5[0-9][0-9]"
  slow="$slow|HTTPError 5[0-9][0-9]|Status code: 5[0-9][0-9]|UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL"
  until answer=$("$@" 2>"$errors"); do
    grep -Eq -e "$slow" "$errors" && [ "$tries" -lt "$WIGEN_ATTEMPTS" ] || return 1
    say "  try $tries of $WIGEN_ATTEMPTS, again in ${delay}s: $(grep -E -m 1 -e "$slow" "$errors")"
    sleep "$delay"
    tries=$((tries + 1))
    delay=$((delay * 2))
    [ "$delay" -le 30 ] || delay=30
  done
}

words() {
  printf '%q ' "$@" | sed 's/ $//'
}

say() {
  printf '%s\n' "$1"
}

die() {
  printf 'gcloud.sh: %s\n' "$1" >&2
  [ $# -eq 1 ] || printf '%s\n' "$2" >&2
  exit 1
}

case $WIGEN_DELAY,$WIGEN_ATTEMPTS in
  *[!0-9,]* | ,* | *,) die "WIGEN_DELAY and WIGEN_ATTEMPTS are whole numbers" ;;
esac
command -v gcloud >/dev/null || die "gcloud is not installed: https://cloud.google.com/sdk/docs/install"
errors=$(mktemp)
trap 'rm -f "$errors"' EXIT

case $* in
  plan | 'plan apply')
    planning=yes
    apply
    ;;
  'plan destroy')
    planning=yes
    destroy
    ;;
  '' | apply) apply ;;
  destroy) destroy ;;
  *) die "usage: bash gcloud.sh [plan] [apply|destroy]" ;;
esac
if [ "$changes" -eq 0 ]; then
  say "Nothing to change."
elif [ -n "$planning" ]; then
  say "Planned changes: $changes"
else
  say "Changes made: $changes"
fi
