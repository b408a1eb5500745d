/** What keeps the house: people, settings, what was done. */
export { AccountPage } from "../account/account.tsx";
export { SettingsPage } from "../app/settings.tsx";
export { AuditPage } from "../audit/audit.tsx";
export { UserPage } from "../users/user.tsx";
export { UsersPage } from "../users/users.tsx";
