import Basics
import Crypto
import Synchronization

/// What a TLS listener shows and asks for. `reload` changes what connections made from then on get;
/// those that are there keep what they have.
package final class TLSConfiguration: Sendable {
    /// Where certificate chain and key come from, both PEM.
    package enum Material: Sendable, Equatable {
        case pem(chain: [UInt8], key: [UInt8])
        case files(chain: String, key: String)
    }

    package struct Options: Sendable {
        /// ALPN, the preferred one first.
        package var protocols = ["http/1.1"]
        /// Those under which a client must show a certificate.
        package var certificateProtocols: Set<String> = []
        /// PEM of who signs those.
        package var clientAuthority: [UInt8]?
        /// Shown to clients that offer one of our own protocols, instead of what all others see.
        package var ours: Material?
        package init() {}

        /// How the names of our own protocols begin. A client that wants to see the site's own
        /// certificate and speak plain HTTP offers one of them beside `http/1.1`.
        package static let prefix = "lineside-"
        /// What a device offers that has no certificate yet: plain HTTP, under the site's own.
        package static let beforeEnrolment = ["lineside-enrol/1", "http/1.1"]
    }

    private struct State {
        var material: Material
        var options: Options
        var context: TLSContext
    }

    private let state: Mutex<State>

    /// Reads files: not on an event loop.
    package init(_ material: Material, options: Options = Options()) throws(NetError) {
        let context = try Self.context(material, options)
        state = Mutex(State(material: material, options: options, context: context))
    }

    /// Takes what the files hold now. After a throw the old certificate goes on. Reads files: not
    /// on an event loop.
    package func reload() throws(NetError) {
        let (material, options) = state.withLock { ($0.material, $0.options) }
        try replace(material, options: options)
    }

    /// Takes other material, or other options; after a throw the old goes on.
    package func replace(_ material: Material, options: Options? = nil) throws(NetError) {
        let options = options ?? state.withLock { $0.options }
        let context = try Self.context(material, options)
        state.withLock { $0 = State(material: material, options: options, context: context) }
    }

    var context: TLSContext { state.withLock { $0.context } }

    private static func identity(
        _ material: Material
    ) throws(NetError) -> TLSContext.Identity {
        switch material {
        case .pem(let chain, let key): return TLSContext.Identity(chain: chain, key: key)
        case .files(let chain, let key):
            do throws(SystemError) {
                return TLSContext.Identity(
                    chain: try Files.read(chain, limit: .mebibytes(1)),
                    key: try Files.read(key, limit: .mebibytes(1)))
            } catch { throw .system(error) }
        }
    }

    private static func context(
        _ material: Material, _ options: Options
    ) throws(NetError) -> TLSContext {
        let identity = try identity(material)
        let ours: TLSContext.Identity? =
            if let other = options.ours { try Self.identity(other) } else { nil }
        do throws(OpenSSLError) {
            if let ours {
                return try TLSContext.server(
                    identity, ours: ours, prefix: Options.prefix, protocols: options.protocols,
                    needCertificate: options.certificateProtocols,
                    clientAuthority: options.clientAuthority)
            }
            return try TLSContext.server(
                identity, protocols: options.protocols,
                needCertificate: options.certificateProtocols,
                clientAuthority: options.clientAuthority)
        } catch { throw .tls(error.reason) }
    }
}
