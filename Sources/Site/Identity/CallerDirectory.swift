import Basics
package import Domain
package import Store

/// Whom a secret speaks for at this moment.
package struct CallerDirectory: Sendable {
    private let stores: Stores
    private let sessions: RecentCallers<SessionStore.SignedIn>
    private let tokens: RecentCallers<TokenStore.Bearer>
    private let devices: RecentCallers<Device>

    /// - Parameter signal: raised by the registry with each change of what somebody may do;
    ///   without one the database is asked each time.
    package init(stores: Stores, signal: SecuritySignal? = nil) {
        self.stores = stores
        sessions = RecentCallers(signal: signal)
        tokens = RecentCallers(signal: signal)
        devices = RecentCallers(signal: signal)
    }

    /// - Parameters:
    ///   - token: of the cookie.
    ///   - csrf: that the page sent with it; both must be of one session.
    package func caller(
        token: String, csrf: String, address: String
    ) async throws(StoreError) -> Caller? {
        let hash = MachineSecret.hash(of: token)
        let found = try await sessions.find(hash, now: .now(), end: \.session.expiresAt) {
            () async throws(StoreError) in
            guard let found = try await stores.sessions.find(tokenHash: hash) else { return nil }
            // A full disk must not keep people from reading.
            try? await stores.sessions.touch(found.session, now: .now())
            return found
        }
        guard let found, Secrecy.equal(found.csrfHash, MachineSecret.hash(of: csrf)) else {
            return nil
        }
        return Caller(
            actor: .user(found.user.id, name: found.user.username.text, address: address),
            grants: found.grants, sessionID: found.session.id)
    }

    /// - Parameter bearer: with its prefix.
    package func caller(bearer: String, address: String) async throws(StoreError) -> Caller? {
        if bearer.hasPrefix(DeviceToken.prefix) {
            return try await agent(bearer, address)
        }
        guard bearer.hasPrefix(PersonalToken.prefix) else { return nil }
        let hash = MachineSecret.hash(of: bearer)
        let found = try await tokens.find(hash, now: .now(), end: \.token.expiresAt) {
            () async throws(StoreError) in
            guard let found = try await stores.tokens.find(secretHash: hash) else { return nil }
            try? await stores.tokens.touch(found.token, now: .now())
            return found
        }
        guard let found else { return nil }
        return Caller(
            actor: .token(
                found.token.id, name: "\(found.user.username) (\(found.token.name))",
                user: found.user.id, address: address),
            grants: found.grants, readOnly: found.token.readOnly,
            tokenScope: found.token.scope == .site ? nil : found.token.scope)
    }

    private func agent(_ bearer: String, _ address: String) async throws(StoreError) -> Caller? {
        let device = try await devices.find(
            MachineSecret.hash(of: bearer), now: .now(), end: { _ in nil }
        ) { () async throws(StoreError) in
            try await stores.deviceSecrets.device(tokenHash: MachineSecret.hash(of: bearer))
        }
        return device.map { .device($0, address: address) }
    }
}

/// The bearer token of a stock agent.
package enum DeviceToken {
    /// As FlowFuse writes it: the agent's own files and logs show it so.
    package static let prefix = "ffd_"
}
