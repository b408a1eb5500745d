package import Basics

/// Somebody's wish that a device switches although its machine or its window says "not now". It
/// takes a second person, and is forgotten if none comes.
package struct DeviceOverride: Sendable, Equatable {
    /// 30 minutes: what stands before the machine now may not later.
    package static let life = Duration.seconds(1800)
    package static let longestReason = 500

    package let device: Device.ID
    package let reason: String
    package let askedBy: Actor
    package let askedAt: Timestamp
    package var until: Timestamp { askedAt + Self.life }

    package init(device: Device.ID, reason: String, askedBy: Actor, askedAt: Timestamp) {
        self.device = device
        self.reason = reason
        self.askedBy = askedBy
        self.askedAt = askedAt
    }

    /// A person with a token is the same person; the appliance itself is nobody's second.
    package func isSecond(_ actor: Actor) -> Bool {
        guard let user = actor.userID else { return false }
        return user != askedBy.userID
    }
}
