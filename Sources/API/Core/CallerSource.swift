package import Domain
package import HTTP
import Glibc

/// Finds out who makes a request.
package protocol CallerSource: Sendable {
    /// - Parameter csrf: the token that must come with a cookie: of the header, or of the first
    ///   message on a WebSocket, where a browser can send no header.
    /// - Throws: `.unauthenticated` for a credential that is wrong, `.foreignOrigin` for a cookie
    ///   that another origin's page spends. Nobody at all is no error: `Caller.nobody`.
    func caller(of request: Request, csrf: String?) async throws(Problem) -> Caller
}

extension CallerSource {
    package func caller(of request: Request) async throws(Problem) -> Caller {
        try await caller(of: request, csrf: request.headers[CSRF.header])
    }
}

/// The token kept in the storage of the platform's own origin: a cookie alone proves nothing,
/// since cookies ignore ports.
package enum CSRF {
    package static let header = "x-lineside-csrf"
}

/// The admin socket: whoever the kernel says is root or our own user administers the site.
package struct ConsoleCallers: CallerSource {
    package init() {}

    package func caller(
        of request: Request, csrf: String?
    ) async throws(Problem) -> Caller {
        guard let uid = request.peer.uid, uid == 0 || uid == geteuid() else {
            throw .forbidden("The admin socket is for root and the user that Lineside runs as.")
        }
        return .site
    }
}
