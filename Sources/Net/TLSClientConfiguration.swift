package import Crypto

/// Whom we trust and who we are when we connect. One for many connections, with identities of their
/// own if need be: an OpenSSL context for each costs more than the connection.
package final class TLSClientConfiguration: Sendable {
    let context: TLSContext

    /// - Parameters:
    ///   - protocols: ALPN names, the preferred one first.
    ///   - identity: our own certificate, for servers that ask for one.
    package init(
        trust: TLSTrust, protocols: [String] = [], identity: TLSIdentity? = nil
    ) throws(NetError) {
        do throws(OpenSSLError) {
            context = try TLSContext.client(trust, protocols: protocols, identity: identity)
        } catch { throw .tls(error.reason) }
    }

    /// - Parameter authority: PEM; servers that it did not sign are refused.
    package init(
        authority: [UInt8], protocols: [String] = [], identity: TLSContext.Identity? = nil
    ) throws(NetError) {
        do throws(OpenSSLError) {
            context = try TLSContext.client(
                authority: authority, protocols: protocols, identity: identity)
        } catch { throw .tls(error.reason) }
    }
}

/// TLS on a connection that we make.
package struct ConnectTLS: Sendable {
    package let configuration: TLSClientConfiguration
    /// DNS name or IP address that the server's certificate must carry, where names are checked.
    package let name: String
    /// Instead of the configuration's.
    package let identity: TLSIdentity?
    /// Where the session of the last connection is taken from and that of this one left.
    package let resumption: TLSResumption?

    package init(
        _ configuration: TLSClientConfiguration, name: String, identity: TLSIdentity? = nil,
        resumption: TLSResumption? = nil
    ) {
        self.configuration = configuration
        self.name = name
        self.identity = identity
        self.resumption = resumption
    }
}
