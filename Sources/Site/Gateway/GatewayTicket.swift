package import Basics
import Crypto
package import Domain

/// What a browser holds on the editors' or the pages' origin: for one instance, on behalf of one
/// platform session. It is worth nothing once that session has ended.
package struct GatewayTicket: Sendable, Equatable {
    package let side: SiteOrigins.Side
    package let session: Session.ID
    package let instance: Instance.ID
    package let expiresAt: Timestamp

    package init(
        side: SiteOrigins.Side, session: Session.ID, instance: Instance.ID, expiresAt: Timestamp
    ) {
        self.side = side
        self.session = session
        self.instance = instance
        self.expiresAt = expiresAt
    }

    /// `__Host-` keeps the pages' origin from planting one with a `Domain` or a path.
    package static func cookieName(_ side: SiteOrigins.Side, slug: String) -> String {
        // A slug has no dot, and a name of a cookie no slash: `d/<device>`.
        let place = slug.split(separator: "/").joined(separator: ".")
        return "__Host-lineside-\(side == .editors ? "editor" : "pages")-\(place)"
    }
}

/// Writes and reads tickets, authenticated with a key of the site: they survive a restart of the
/// appliance and need no table.
package struct GatewayTickets: Sendable {
    private let key: [UInt8]

    /// - Parameter key: 32 bytes that nobody else holds.
    package init(key: [UInt8]) { self.key = key }

    package func seal(_ ticket: GatewayTicket) -> String {
        let fields = [
            ticket.side.rawValue, ticket.session.text, ticket.instance.text,
            String(ticket.expiresAt.milliseconds),
        ]
        let body = fields.joined(separator: ".")
        return "\(body).\(Base64URL.encode(signature(of: body)))"
    }

    /// `nil` for a forged, foreign or expired one.
    package func open(
        _ text: String, side: SiteOrigins.Side, at now: Timestamp
    ) -> GatewayTicket? {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 5, fields[0] == side.rawValue,
            let signature = Base64URL.decode(fields[4]),
            Secrecy.equal(signature, self.signature(of: fields[0..<4].joined(separator: "."))),
            let session = Session.ID(fields[1]), let instance = Instance.ID(fields[2]),
            let expiry = Int64(fields[3]), expiry > now.milliseconds
        else { return nil }
        return GatewayTicket(
            side: side, session: session, instance: instance,
            expiresAt: Timestamp(milliseconds: expiry))
    }

    private func signature(of body: String) -> [UInt8] {
        HMAC.sha256(key: key, message: Array("gateway ticket:\(body)".utf8))
    }
}
