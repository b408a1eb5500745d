package import Basics
package import Domain
import Synchronization

/// Decides who passes through the editors' and the pages' origin. What it learns of a session it
/// remembers for a second at most, and not beyond a security signal.
package final class Doorkeeper: Sendable {
    /// What a one-time code stands for.
    package struct Passage: Sendable, Equatable {
        package let ticket: GatewayTicket
        package let slug: String
        /// Where to go, below the instance's root; begins with a slash.
        package let path: String
    }

    private struct Known {
        let caller: Caller?
        let epoch: UInt64
        let until: ContinuousClock.Instant
    }

    /// 1 s: the promise is that an ended session closes everything within a second.
    private static let memory = Duration.seconds(1)
    private static let capacity = 4096

    private let sessions: any SessionDirectory
    private let tickets: GatewayTickets
    private let signal: SecuritySignal
    private let codes: OneTimeCodes<Passage>
    private let now: @Sendable () -> ContinuousClock.Instant
    private let known = Mutex<[Session.ID: Known]>([:])

    package init(
        sessions: any SessionDirectory, tickets: GatewayTickets, signal: SecuritySignal,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.sessions = sessions
        self.now = now
        codes = OneTimeCodes(now: now)
        self.tickets = tickets
        self.signal = signal
    }

    /// A code for a browser that has just asked for it on the platform's origin.
    /// - Parameter expiry: the end of the platform session, which the ticket never outlives.
    package func issueCode(
        side: SiteOrigins.Side, session: Session.ID, instance: Instance.ID, slug: Slug,
        path: String = "/", expiry: Timestamp
    ) -> String {
        let ticket = GatewayTicket(
            side: side, session: session, instance: instance, expiresAt: expiry)
        return codes.issue(Passage(ticket: ticket, slug: slug.text, path: path))
    }

    /// The same for a device.
    package func issueCode(
        side: SiteOrigins.Side, session: Session.ID, device: Device.ID, path: String = "/",
        expiry: Timestamp
    ) -> String? {
        guard let id = DeviceEntrance.ticketID(device) else { return nil }
        let ticket = GatewayTicket(side: side, session: session, instance: id, expiresAt: expiry)
        return codes.issue(
            Passage(ticket: ticket, slug: DeviceEntrance.slug(device), path: path))
    }

    /// The ticket for a code, as the cookie holds it. The code is used up whatever comes of it.
    package func redeem(
        code: String, side: SiteOrigins.Side
    ) -> (passage: Passage, cookie: String)? {
        guard let passage = codes.redeem(code), passage.ticket.side == side else { return nil }
        return (passage, tickets.seal(passage.ticket))
    }

    /// Who may enter with this cookie, and the ticket to watch; `nil` for nobody.
    package func admit(
        cookie: String?, side: SiteOrigins.Side, to entrance: InstanceEntrance,
        at now: Timestamp = .now()
    ) async -> (caller: Caller, ticket: GatewayTicket)? {
        guard let cookie, let ticket = tickets.open(cookie, side: side, at: now),
            ticket.instance == entrance.id,
            let caller = await allowed(ticket, at: entrance.path)
        else { return nil }
        return (caller, ticket)
    }

    /// Who may enter a device.
    package func admit(
        cookie: String?, side: SiteOrigins.Side, to device: Device.ID, at path: ScopePath,
        now: Timestamp = .now()
    ) async -> (caller: Caller, ticket: GatewayTicket)? {
        guard let cookie, let ticket = tickets.open(cookie, side: side, at: now),
            ticket.instance == DeviceEntrance.ticketID(device),
            let caller = await allowed(ticket, at: path)
        else { return nil }
        return (caller, ticket)
    }

    /// The caller behind a ticket, as long as it may still do what the ticket was made for.
    package func allowed(_ ticket: GatewayTicket, at path: ScopePath) async -> Caller? {
        guard let caller = await caller(of: ticket.session) else { return nil }
        return caller.may(ticket.side == .editors ? .flowsRead : .pagesOpen, at: path)
            ? caller : nil
    }

    private func caller(of session: Session.ID) async -> Caller? {
        let epoch = signal.epoch
        let now = self.now()
        let remembered = known.withLock { $0[session] }
        if let remembered, remembered.epoch == epoch, remembered.until > now {
            return remembered.caller
        }
        let caller = await sessions.caller(of: session)
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[session] = Known(caller: caller, epoch: epoch, until: now + Self.memory)
        }
        return caller
    }
}
