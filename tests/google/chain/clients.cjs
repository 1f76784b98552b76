// Pods with google-auth-library, as clients.py has them with google-auth.

const { createInterface } = require('node:readline');
const { GoogleAuth } = require('google-auth-library');
const metadata = require('gcp-metadata');

async function ask({ variables, urls }) {
  Object.assign(process.env, variables);
  metadata.resetIsAvailableCache();
  const answer = { email: null, statuses: [], error: null };
  try {
    const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'] });
    const token = await auth.getAccessToken();
    answer.email = (await auth.getCredentials()).client_email ?? null;
    const headers = { Authorization: `Bearer ${token}` };
    for (const url of urls) {
      answer.statuses.push((await fetch(url, { headers })).status);
    }
  } catch (error) {
    answer.error = `${error.name}: ${error.message}`;
  }
  return answer;
}

async function main() {
  const unchanged = { ...process.env };
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await ask(JSON.parse(line))));
    process.env = { ...unchanged };
  }
}

main();
