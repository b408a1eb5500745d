import Basics
package import HTTP
package import Site

/// What anybody may fetch without signing in, under short addresses: a machine that is to trust this
/// site has no account yet.
package struct PublicCertificates: Sendable {
    private let book: AuthorityBook
    private let devices: DeviceCertificates
    private let next: Handler

    /// - Parameter next: answers every other address.
    package init(book: AuthorityBook, devices: DeviceCertificates, next: @escaping Handler) {
        self.next = next
        self.book = book
        self.devices = devices
    }

    package func answer(_ request: Request) async -> Response {
        let text: String
        switch request.target.path {
        case "/pki/authority.pem": text = book.authorities
        case "/pki/revoked.pem": text = devices.listPEM
        default: return await next(request)
        }
        guard request.method.isSafe else {
            return .text("Only GET.\n", status: 405, headers: [Header.allow: "GET, HEAD"])
        }
        guard !text.isEmpty else { return .text("There is no list yet.\n", status: 404) }
        return .bytes(Array(text.utf8), type: "application/x-pem-file")
    }
}
