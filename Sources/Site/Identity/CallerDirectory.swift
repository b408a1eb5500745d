import Basics
package import Domain
package import Store

/// Whom a secret speaks for, as the database has it at this moment.
package struct CallerDirectory: Sendable {
    private let stores: Stores

    package init(stores: Stores) { self.stores = stores }

    /// - Parameters:
    ///   - token: of the cookie.
    ///   - csrf: that the page sent with it; both must be of one session.
    package func caller(
        token: String, csrf: String, address: String
    ) async throws(StoreError) -> Caller? {
        guard let found = try await stores.sessions.find(tokenHash: MachineSecret.hash(of: token)),
            Secrecy.equal(found.csrfHash, MachineSecret.hash(of: csrf))
        else { return nil }
        // A full disk must not keep people from reading.
        try? await stores.sessions.touch(found.session, now: .now())
        return Caller(
            actor: .user(found.user.id, name: found.user.username.text, address: address),
            grants: found.grants, sessionID: found.session.id)
    }

    /// - Parameter bearer: with its prefix.
    package func caller(bearer: String, address: String) async throws(StoreError) -> Caller? {
        guard bearer.hasPrefix(PersonalToken.prefix),
            let found = try await stores.tokens.find(secretHash: MachineSecret.hash(of: bearer))
        else { return nil }
        try? await stores.tokens.touch(found.token, now: .now())
        return Caller(
            actor: .token(
                found.token.id, name: "\(found.user.username) (\(found.token.name))",
                user: found.user.id, address: address),
            grants: found.grants, readOnly: found.token.readOnly,
            tokenScope: found.token.scope == .site ? nil : found.token.scope)
    }
}
