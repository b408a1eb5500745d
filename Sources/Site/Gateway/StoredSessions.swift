import Basics
package import Domain
package import Store

/// Platform sessions as the registry has them.
package struct StoredSessions: SessionDirectory {
    private let sessions: SessionStore
    private let log = Log("gateway")

    package init(_ sessions: SessionStore) { self.sessions = sessions }

    /// A registry that cannot be read lets nobody in.
    package func caller(of session: Session.ID) async -> Caller? {
        do throws(StoreError) {
            guard let found = try await sessions.find(session) else { return nil }
            return Caller(
                actor: .user(
                    found.user.id, name: found.user.username.text,
                    address: found.session.address),
                grants: found.grants, sessionID: session)
        } catch {
            log.error("a session cannot be read: \(error)")
            return nil
        }
    }
}
