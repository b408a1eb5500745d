package import Basics
package import Crypto

/// Why the site has no certificate to show.
package enum SiteAuthorityFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The authority's certificate is there and its key is not, or they do not belong together.
    case keyLost(directory: String)
    case key(KeyFileError)
    case system(SystemError)
    case openSSL(OpenSSLError)
    case signer(SignerFault)
    case tls(String)

    package var description: String {
        switch self {
        case .keyLost(let directory):
            "The key of the site's certificate authority in \(directory) is missing or is not the "
                + "one of its certificate: restore the directory from a backup, or begin with the "
                + "recovery kit."
        case .key(let error): error.description
        case .system(let error): error.description
        case .openSSL(let error): error.description
        case .signer(let fault): fault.description
        case .tls(let reason): "The site's certificate cannot be used: \(reason)."
        }
    }
}
