import Basics
import Crypto
import Domain
import HTTP
package import Net

/// Why a device was not let in. One sentence.
package struct AgentEnrolmentFault: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = text }
}

/// Brings a device into a site, and keeps it there.
package struct AgentEnrolment: Sendable {
    let paths: AgentPaths
    let loops: EventLoopGroup

    package init(_ paths: AgentPaths, loops: EventLoopGroup) {
        self.paths = paths
        self.loops = loops
    }

    /// A new certificate for a new key, over the connection that the old one opened.
    func renew(
        _ identity: AgentIdentity, over uplink: AgentUplink
    ) async throws(AgentEnrolmentFault) -> (AgentIdentity, PrivateKey) {
        throw AgentEnrolmentFault("This appliance renews no certificates.")
    }
}
