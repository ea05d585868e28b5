// Signs and validates as the official package does: an array of cases on standard input, an array of answers on
// standard output.
const twilio = require("twilio");

const does = {
  sign: (one) => twilio.getExpectedTwilioSignature(one.token, one.url, one.parameters),
  hash: (one) => twilio.getExpectedBodyHash(one.body),
  validate: (one) => twilio.validateRequest(one.token, one.signature, one.url, one.parameters),
  validateWithBody: (one) => twilio.validateRequestWithBody(one.token, one.signature, one.url, one.body),
};

const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map((one) => does[one.do](one))));
