#!/usr/bin/env bash
# Rendered by wigen from app.toml; change that and render again. [books-agent c2725d8b]
# The pods of ServiceAccount books-agent in namespace default act as books-agent@my-project.iam.gserviceaccount.com.
# This script owns what it makes: no other tool, such as Terraform, may manage the same account and bindings.
#   bash gcloud.sh [plan [--exit-code]] [apply | destroy]     plan, the default: print what would change
POSIXLY_CORRECT=1 # Start again without the functions and shell options that the caller exported.
case :$SHELLOPTS:,$-,${BASH_EXECUTION_STRING:+string} in
  *:privileged:*) ;;
  *,*s*,*) exec "${BASH:-bash}" -ps -- "$@" ;;
  *,*c*,string) exec "${BASH:-bash}" -pc "$BASH_EXECUTION_STRING" "$0" "$@" ;;
  *) exec "${BASH:-bash}" -p "$0" "$@" ;;
esac
set +o posix -euo pipefail

PROJECT=my-project
CLUSTER=books
REGION=us-central1
WORKLOAD_POOL=my-project.svc.id.goog
ACCOUNT=books-agent
ACCOUNT_EMAIL=books-agent@my-project.iam.gserviceaccount.com
DESCRIPTION='Created by wigen; gcloud.sh destroy deletes it.'
WORKLOAD_MEMBER='serviceAccount:my-project.svc.id.goog[default/books-agent]'

apply() {
  # Check that Workload Identity is on; change nothing
  find_cluster || die "cluster $CLUSTER does not exist in $REGION, project $PROJECT"
  expect_pool gcloud container clusters update "$CLUSTER" \
    --workload-pool="$WORKLOAD_POOL" --region="$REGION" --project="$PROJECT"
  check_node_pools

  # Create the Google Cloud service account
  find_account || create_account gcloud iam service-accounts create "$ACCOUNT" \
    --description="$DESCRIPTION" --project="$PROJECT"

  # Allow the Kubernetes ServiceAccount to impersonate the Google Cloud service account
  bind gcloud iam service-accounts add-iam-policy-binding "$ACCOUNT_EMAIL" \
    --member="$WORKLOAD_MEMBER" --project="$PROJECT" --condition=None \
    --role=roles/iam.workloadIdentityUser
}

# Reverse order: bindings are removed before the account. The cluster is kept.
destroy() {
  find_account || return 0
  unbind gcloud iam service-accounts remove-iam-policy-binding "$ACCOUNT_EMAIL" \
    --member="$WORKLOAD_MEMBER" --project="$PROJECT" --condition=None \
    --role=roles/iam.workloadIdentityUser
  delete_account gcloud iam service-accounts delete "$ACCOUNT_EMAIL" --project="$PROJECT"
}

# ---- The machinery -----------------------------------------------------------------------------

# What the caller has set changes nothing: neither bash, nor what gcloud prints.
unset -v FUNCNEST TMOUT EXECIGNORE BASH_COMPAT BASH_ENV ENV GREP_OPTIONS PYTHONIOENCODING
export CLOUDSDK_CORE_PROJECT=$PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1 CLOUDSDK_ENCODING=UTF-8 \
  CLOUDSDK_CORE_USER_OUTPUT_ENABLED=true CLOUDSDK_CORE_VERBOSITY=warning CLOUDSDK_CORE_LOG_HTTP=false \
  CLOUDSDK_CORE_SHOW_STRUCTURED_LOGS=never CLOUDSDK_RUN_PLATFORM=managed

# begin PASS: resets the state of an earlier pass.
begin() {
  pass=$1      # check: only read; plan: print what would change; act: change it
  changes=0    # changes made, or planned
  said=        # output of the check pass
  new_account= # set: the account is new, so no policy refers to it yet
  created=     # set: an earlier apply created the account
  new_cluster= # set: the cluster is only planned
  pool=        # the workload pool that the cluster uses
  answer=      # what the last command printed
  policy_of=   # the command that read the policy, until the policy changes
}

# find_cluster: reads the cluster, waits while it is being created; fails if it does not exist.
find_cluster() {
  local status autopilot waits=0
  while look '[A-Z_]+,(True|False)?,[^,]*' gcloud container clusters describe "$CLUSTER" --region="$REGION" --project="$PROJECT" \
    --format='csv[no-heading](status,autopilot.enabled,workloadIdentityConfig.workloadPool)'; do
    IFS=, read -r status autopilot pool <<<"$answer"
    [ "$autopilot" != True ] || die "cluster $CLUSTER is an Autopilot cluster; set cluster.type in the spec"
    case $status in
      RUNNING | RECONCILING | DEGRADED)
        say "= cluster $CLUSTER, workload pool ${pool:-off}"
        return 0
        ;;
      PROVISIONING) ;;
      *) die "cluster $CLUSTER is $status" ;;
    esac
    [ "$pass" = act ] || return 0
    waits=$((waits + 1))
    [ "$waits" -le 360 ] || die "cluster $CLUSTER is still $status"
    [ "$waits" -gt 1 ] || say "cluster $CLUSTER is $status: waiting"
    sleep "$((DELAY * 5))"
  done
  return 1
}

# expect_pool COMMAND: stops if the workload pool is off; COMMAND would turn it on.
expect_pool() {
  [ -n "$pool" ] || die "Workload Identity is off on cluster $CLUSTER; this turns it on: $(words "$@")"
  same_pool
}

# same_pool: stops if the cluster uses a pool other than the one in the spec.
same_pool() {
  [ "$pool" = "$WORKLOAD_POOL" ] || die "cluster $CLUSTER uses the workload pool ${pool:-none}, not $WORKLOAD_POOL"
}

# node_pools: reads the node pools of the cluster, one NAME,MODE per line.
node_pools() {
  look '[a-z0-9-]+,[A-Z_]*' gcloud container node-pools list --cluster="$CLUSTER" --region="$REGION" --project="$PROJECT" \
    --format='csv[no-heading](name,config.workloadMetadataConfig.mode)' || die "cluster $CLUSTER was deleted"
}

# check_node_pools: reports every node pool whose pods cannot use Workload Identity.
check_node_pools() {
  local name mode
  [ -z "$new_cluster" ] || return 0
  node_pools
  while IFS=, read -r name mode; do
    [ -z "$name" ] || [ "$mode" = GKE_METADATA ] ||
      say "! node pool $name: its pods use the service account of the nodes. To switch it, which recreates its nodes: $(words gcloud \
        container node-pools update "$name" --cluster="$CLUSTER" --workload-metadata=GKE_METADATA --region="$REGION" --project="$PROJECT")"
  done <<<"$answer"
}

# find_account: fails if the account does not exist. It reads a list, because for a single account
# "absent" and "forbidden" look the same.
find_account() {
  look $'[^\t]+(\t.*)?' gcloud iam service-accounts list --filter="email=$ACCOUNT_EMAIL" \
    --project="$PROJECT" --format='value(email,description.yesno(no="").sub("\s"," "))' ||
    die "project $PROJECT does not exist"
  case $answer in
    '')
      say "  account $ACCOUNT_EMAIL does not exist"
      return 1
      ;;
    "$ACCOUNT_EMAIL"$'	'*'Created by wigen; gcloud.sh destroy deletes it.') created=yes ;;
    "$ACCOUNT_EMAIL" | "$ACCOUNT_EMAIL"$'	'*) ;;
    *) die "this is not account $ACCOUNT_EMAIL: $answer" ;;
  esac
  say "= account $ACCOUNT_EMAIL"
}

# create_account COMMAND: creates the account.
create_account() {
  write 'already exists' "$@"
  new_account=yes
}

# delete_account COMMAND: deletes the account, if its description says that apply created it.
delete_account() {
  if [ -n "$created" ]; then
    write 'NOT_FOUND' "$@"
  else
    say "! the account is kept, because this script did not create it; to delete it: $(words "$@")"
  fi
}

# bind COMMAND: runs an add-iam-policy-binding command, unless the policy has the binding.
bind() {
  # A new account is in no policy and has none; read the other policies to see that they are readable.
  if [ -n "$new_account" ] && { [ "$pass" = act ] || [ "$5" = "$ACCOUNT_EMAIL" ]; }; then
    write '$.' "$@"
    return 0
  fi
  bound "$@" || case $? in
    1) write '$.' "$@" && return 0 ;;
    *) die "what this command changes does not exist: $(words "$@")" ;;
  esac
  say "= $(words "$@")"
}

# unbind COMMAND: runs a remove-iam-policy-binding command, if the policy has the binding.
unbind() {
  if bound "$@"; then
    write 'not found!' "$@"
  fi
}

# bound COMMAND: whether the policy that COMMAND would change has its binding: 0 for yes, 1 for no,
# 2 if the resource does not exist.
bound() {
  local word seen='' role='' member='' condition=$'\t\t' delimiter
  local get=()
  for word in "$@"; do
    case $word in
      --role=*) role=${word#*=} ;;
      --member=*) member=${word#*=} ;;
      --condition=^*)
        delimiter=${word#--condition=^} delimiter=${delimiter%%^*}
        condition=${word#--condition=^"$delimiter"^title=}
        condition=${condition/"$delimiter"expression=/$'\t'}
        case $condition in
          *"$delimiter"description=*) condition=${condition/"$delimiter"description=/$'\t'} ;;
          *) condition=$condition$'\t' ;;
        esac
        ;;
      --condition=*) ;;
      add-iam-policy-binding | remove-iam-policy-binding)
        # Only the first one: a resource after it may have this very name.
        if [ -n "$seen" ]; then get+=("$word"); else get+=(get-iam-policy); fi
        seen=yes
        ;;
      *) get+=("$word") ;;
    esac
  done
  if [ "$policy_of" != "${get[*]}" ]; then
    if ! read_policy "${get[@]}"; then
      ! absent || return 2
      unreadable "${get[@]}"
    fi
    understand $'[a-z]+/[^\t ]+\t[^\t ]+(\t[^\t]*){3}|\t{4}' "${get[@]}"
    policy_of=${get[*]}
    policy=$answer
  fi
  case $'\n'$policy$'\n' in
    *$'\n'"$role"$'\t'"$member"$'\t'"$condition"$'\n'*) ;;
    *) return 1 ;;
  esac
}

# read_policy COMMAND: reads a policy into lines of ROLE, MEMBER, and the three parts of the condition.
read_policy() {
  attempt "$slow|$unseen" "$@" --flatten='bindings[].members' \
    --format="value(bindings.role,bindings.members,$one_line)"
}

# The parts of a condition, each in one line.
one_line='bindings.condition.title.yesno(no="").sub("\s"," "),
  bindings.condition.expression.yesno(no="").sub("\s"," "),
  bindings.condition.description.yesno(no="").sub("\s"," ")'

# look LINE COMMAND: runs a read-only command; fails if what it reads does not exist, stops if it cannot
# be read, or if what it prints are not lines that match LINE.
look() {
  local line=$1
  shift
  if attempt "$slow" "$@"; then
    understand "$line" "$@"
  elif absent; then
    return 1
  else
    unreadable "$@"
  fi
}

# understand LINE COMMAND: stops if a line of the answer does not match LINE. No answer can mean that
# there is nothing, or that the output is lost: it counts once an answer has been seen.
understand() {
  local shape="^($1)\$" line
  shift
  if [ -z "$answer" ]; then
    [ -n "$heard" ] || [ "$(gcloud config get-value core/project 2>"$errors")" = "$PROJECT" ] ||
      die "gcloud prints nothing, not even its own settings: $(words "$@")" "$(cat "$errors")"
  else
    while IFS= read -r line; do
      [[ $line =~ $shape && $line != *$'\r' ]] || die "cannot understand the output of: $(words "$@")" "$answer"
    done <<<"$answer"
  fi
  heard=yes
}

unreadable() {
  die "cannot read: $(words "$@")" "$(cat "$errors")"
}

# absent: whether the last error says that the resource does not exist.
absent() {
  grep -Eq 'code=404|Status code: 404|NOT_FOUND|HTTPError 404|not found: 404' "$errors"
}

# write DONE COMMAND: runs a command that changes something, or only prints it. An error that matches
# DONE means that the change was made already; no error matches "$.".
write() {
  local done=$1
  shift
  say "+ $(words "$@")"
  if [ "$pass" = act ]; then
    policy_of=
    attempt "$slow|$unseen" "$@" || grep -Eq -e "$done" "$errors" ||
      die "failed: $(words "$@")" "$(cat "$errors")"
  fi
  changes=$((changes + 1))
}

# Temporary errors: a policy that someone else changed meanwhile, a busy cluster, a quota per minute,
# a server error.
slow='concurrent policy changes|HTTPError 412|Please wait and try again|RESOURCE_EXHAUSTED'
slow="$slow|code=429|code=5[0-9][0-9]|HTTPError 5[0-9][0-9]|Status code: 5[0-9][0-9]"
slow="$slow|UNAVAILABLE|DEADLINE_EXCEEDED|INTERNAL"
# New resources that are not visible everywhere yet; for an account this looks like "forbidden".
unseen='[Ss]ervice account .*does not exist|NOT_FOUND: Unknown service account'
unseen="$unseen|Identity Pool does not exist"
unseen="$unseen|iam\.serviceAccounts\.[gs]etIamPolicy.*\(or it may not exist\)"

# attempt ERRORS COMMAND: runs a command until it succeeds or fails with an error other than these,
# waiting longer each time. A cluster may be busy for half an hour.
attempt() {
  local passing=$1 tries=1 limit=$ATTEMPTS delay=$DELAY
  shift
  until answer=$("$@" 2>"$errors"); do
    grep -Eq -e "$passing" "$errors" || return 1
    grep -q 'Please wait and try again' "$errors" && limit=$((ATTEMPTS * 8))
    [ "$tries" -lt "$limit" ] || return 1
    print "  try $tries of $limit, again in ${delay}s: $(grep -E -m 1 -e "$passing" "$errors")"
    sleep "$delay"
    tries=$((tries + 1))
    delay=$((delay * 2))
    [ "$delay" -le 30 ] || delay=30
  done
}

words() {
  local text
  printf -v text '%q ' "$@"
  printf '%s' "${text% }"
}

# say LINE: prints a line; the check pass keeps it.
say() {
  if [ "$pass" = check ]; then
    said=$said$1$'\n'
  else
    print "$1"
  fi
}

# print LINE: stops if it cannot be printed; a failure must never look like "no".
print() {
  printf '%s\n' "$1" || die 'cannot write to standard output'
}

# die MESSAGE [ERRORS]: stops. Control characters, such as those of a terminal, are shown as "?".
die() {
  {
    printf 'gcloud.sh: %s\n' "$1"
    [ $# -eq 1 ] || printf '%s\n' "$2"
  } | LC_ALL=C tr '\000-\010\013-\037\177' '?' >&2
  exit 2
}

usage() {
  die 'usage: bash gcloud.sh [plan [--exit-code]] [apply | destroy]'
}

run() {
  begin "$1"
  case $action in
    apply) apply ;;
    destroy) destroy ;;
  esac
}

main() {
  local word plan='' exit_code='' action=''
  [ $# -gt 0 ] || plan=yes
  for word in "$@"; do
    case $word in
      plan)
        [ -z "$plan$action" ] || usage
        plan=yes
        ;;
      --exit-code)
        [ "$plan$exit_code" = yes ] || usage
        exit_code=yes
        ;;
      apply | destroy)
        [ -z "$action" ] || usage
        action=$word
        ;;
      *) usage ;;
    esac
  done
  action=${action:-apply}
  for word in "$DELAY" "$ATTEMPTS"; do
    case $word in
      '' | *[!0-9]* | ?????*) die 'WIGEN_DELAY and WIGEN_ATTEMPTS must be numbers of at most 4 digits' ;;
    esac
  done
  DELAY=$((10#$DELAY)) ATTEMPTS=$((10#$ATTEMPTS)) # decimal, also with a leading zero
  command -v gcloud >/dev/null || die 'gcloud is not installed: https://cloud.google.com/sdk/docs/install'

  if [ -n "$plan" ]; then
    run plan
  else
    # Read everything once before changing anything: what cannot be read stops the script here.
    run check
    if [ "$changes" -gt 0 ]; then
      run act
    else
      [ -z "$said" ] || print "${said%?}"
    fi
  fi
  if [ "$changes" -eq 0 ]; then
    print 'Nothing to change.'
  elif [ -n "$plan" ]; then
    print "Planned changes: $changes"
  else
    print "Changes made: $changes"
  fi
  finished=yes
  [ -z "$exit_code" ] || [ "$changes" -eq 0 ] || exit 1
}

# finish: cleans up; exits with 2 if the script stopped early.
finish() {
  local code=$?
  rm -f "$errors"
  [ -n "$finished" ] || [ "$code" -gt 2 ] || exit 2
}

finished= # set: all is done
heard=    # set: the output of gcloud has been seen
DELAY=${WIGEN_DELAY:-2}       # seconds before the first retry; each further retry waits longer
ATTEMPTS=${WIGEN_ATTEMPTS:-8} # attempts per command
errors=
trap finish EXIT
errors=$(mktemp)
main "$@"
