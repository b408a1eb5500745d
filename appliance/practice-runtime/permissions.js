"use strict";
// Who may do what on the admin side, asked of the settings' `adminAuth` as Node-RED asks.

function allows(permissions, wanted) {
  if (permissions === "*" || wanted === "") return true;
  return permissions === "read" && /(?:^|\.)read$/.test(wanted);
}

async function userOf(settings, request) {
  const { tokenHeader, tokens } = settings.adminAuth;
  const token = request.headers[tokenHeader];
  return token ? tokens(token) : null;
}

/** Returns `needsPermission(permission)`, which makes a middleware. */
function needsPermission(settings, log) {
  return (permission) => async (request, response, next) => {
    const user = await userOf(settings, request);
    if (!user || !allows(user.permissions, permission)) {
      log.audit({ event: "permission.fail" }, request);
      response.status(401).end();
      return;
    }
    request.user = user;
    next();
  };
}

module.exports = { needsPermission, userOf, allows };
