package import Basics

/// A browser that is signed in.
package struct Session: Sendable, Equatable {
    package typealias ID = Identifier<Session>

    /// 12 h: a shift, with some to spare.
    package static let idleLifetime = Duration.seconds(12 * 3600)
    /// 30 days: then the password is asked for again, whatever happens.
    package static let absoluteLifetime = Duration.seconds(30 * 86_400)

    package var id: ID
    package var userID: User.ID
    package var createdAt: Timestamp
    package var lastSeenAt: Timestamp
    /// The earlier of idle and absolute end.
    package var expiresAt: Timestamp
    package var absoluteExpiresAt: Timestamp
    package var address: String
    package var agent: String

    package init(
        id: ID, userID: User.ID, createdAt: Timestamp, lastSeenAt: Timestamp,
        expiresAt: Timestamp, absoluteExpiresAt: Timestamp, address: String, agent: String
    ) {
        self.id = id
        self.userID = userID
        self.createdAt = createdAt
        self.lastSeenAt = lastSeenAt
        self.expiresAt = expiresAt
        self.absoluteExpiresAt = absoluteExpiresAt
        self.address = address
        self.agent = agent
    }
}
