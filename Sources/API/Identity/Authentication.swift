import Basics
package import Domain
package import HTTP
package import Site
import Store

/// Who calls from the network: a browser by cookie and page token, a script by bearer token.
package struct Authentication: CallerSource {
    static let cookie = "__Host-lineside"
    static let deviceCookie = "__Host-lineside-device"

    private let directory: CallerDirectory
    private let origins: SiteOrigins

    package init(directory: CallerDirectory, origins: SiteOrigins) {
        self.directory = directory
        self.origins = origins
    }

    package func caller(of request: Request, csrf: String?) async throws(Problem) -> Caller {
        let address = request.peer.address
        if let authorization = request.headers[Header.authorization] {
            // Exactly one kind: a wrong token never falls back to a cookie.
            guard let bearer = Self.bearer(authorization) else { throw .unauthenticated }
            let caller = try await stored { () async throws(StoreError) in
                try await directory.caller(bearer: bearer, address: address)
            }
            guard let caller else { throw .unauthenticated }
            return caller
        }
        guard let token = Cookie.value(Self.cookie, in: request.headers) else { return .nobody }
        try requireOwnOrigin(request)
        guard let csrf else { throw .unauthenticated }
        let caller = try await stored { () async throws(StoreError) in
            try await directory.caller(token: token, csrf: csrf, address: address)
        }
        guard let caller else { throw .unauthenticated }
        return caller
    }

    private func requireOwnOrigin(_ request: Request) throws(Problem) {
        guard
            let called = origins.authority(host: request.headers[Header.host], on: .platform)
        else { throw .foreignOrigin }
        let provenance = RequestProvenance(
            origin: request.headers[Header.origin], site: request.headers[Header.secFetchSite],
            mode: request.headers["sec-fetch-mode"], isSafeMethod: request.method.isSafe,
            isUpgrade: request.head.upgrade != nil)
        guard provenance.maySpendCookie(of: called.httpsOrigin) else { throw .foreignOrigin }
    }

    private static func bearer(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}

extension RequestContext {
    /// The caller as a user; the console of the appliance is none.
    func user() throws(Problem) -> User.ID {
        guard let user = actor.userID else {
            throw .forbidden("The console has no account of its own: sign in, or use a token.")
        }
        return user
    }

    /// The browser at the other end, before it is anybody.
    var visitor: FrontDesk.Visitor {
        FrontDesk.Visitor(
            address: request.peer.address, agent: request.headers[Header.userAgent] ?? "",
            device: Cookie.value(Authentication.deviceCookie, in: request.headers))
    }

    /// Of this origin, for links; on the console a path alone.
    func link(_ path: String) -> String { (called?.httpsOrigin ?? "") + path }
}
