import Basics
import Domain
package import HTTP
package import Site

/// The pages' origin (8445): what flows serve, under `/<slug>/`, and files, under `/f/<slug>/`.
package struct PageGateway: Sendable {
    private let gateway: Gateway
    private let door: PageDoor
    private let pageTokens: any PageTokenDirectory
    private let files: FileGateway
    private let devices: DeviceGateway?

    package init(
        _ gateway: Gateway, door: PageDoor, pageTokens: any PageTokenDirectory,
        files: any FileSource, devices: DeviceGateway? = nil
    ) {
        self.devices = devices
        self.gateway = gateway
        self.files = FileGateway(source: files)
        self.door = door
        self.pageTokens = pageTokens
    }

    package func answer(_ request: Request) async -> Response {
        let host = request.headers[Header.host]
        guard let called = gateway.origins.authority(host: host, on: .pages) else {
            return gateway.answers.answer(
                .unknownHost(host ?? "?"), to: request, platform: nil)
        }
        let platform = gateway.origins.origin(of: .platform, for: called)
        if request.target.path == Gateway.codePath {
            return await gateway.open(request, side: .pages, called: called, place: Self.place)
        }
        if let place = FileGateway.Place(request.target) {
            return await answer(request, at: place, called: called, platform: platform)
        }
        if let devices,
            let response = await devices.answer(
                request, side: .pages, called: called, platform: platform, gateway: gateway)
        {
            return response
        }
        guard let slug = Self.slug(in: request.target),
            let entrance = await gateway.directory.entrance(slug: slug)
        else { return gateway.answers.answer(.notFound, to: request, platform: platform) }
        let below = String(request.target.raw.dropFirst(entrance.slug.utf8.count + 1))
        let admission = await admit(
            request, to: entrance, called: called, platform: platform, back: below)
        let ticket: GatewayTicket?
        switch admission {
        case .refused(let response): return response
        case .admitted(let by): ticket = by
        }
        guard let port = entrance.port else {
            return gateway.answers.answer(
                .notRunning(name: entrance.name, state: entrance.state.rawValue), to: request,
                platform: platform, path: "/instances/\(entrance.id.text)")
        }
        return pass(request, to: entrance, port: port, ticket: ticket)
    }

    private func answer(
        _ request: Request, at place: FileGateway.Place, called: Authority, platform: String
    ) async -> Response {
        let nothing = gateway.answers.answer(.notFound, to: request, platform: platform)
        guard let entrance = await gateway.directory.entrance(slug: place.slug),
            entrance.servesFiles
        else { return nothing }
        let admission = await admit(
            request, to: entrance, called: called, platform: platform, back: request.target.raw)
        if case .refused(let response) = admission { return response }
        let found = await files.answer(request, at: place, of: entrance) { [self] in
            // What is closed while a long answer flows is cut off.
            guard let now = await gateway.directory.entrance(slug: place.slug),
                now.servesFiles, now.id == entrance.id,
                case .admitted = await admit(
                    request, to: now, called: called, platform: platform, back: "")
            else { return false }
            return true
        }
        return found ?? nothing
    }

    /// Where a code leads. A path that begins with `/f/<its slug>/` is one of the files: the only
    /// address that a browser is sent away from which is not below the instance's root.
    private static func place(_ passage: Doorkeeper.Passage) -> String {
        let isFiles = passage.path.hasPrefix("/f/\(passage.slug)/")
        return isFiles ? passage.path : "/\(passage.slug)\(passage.path)"
    }

    private enum Admission {
        case refused(Response)
        /// With the ticket that its sockets depend on, where there is one.
        case admitted(GatewayTicket?)
    }

    /// - Parameter back: where a browser that must sign in first goes then.
    private func admit(
        _ request: Request, to entrance: InstanceEntrance, called: Authority, platform: String,
        back: String
    ) async -> Admission {
        let authorization = request.headers[Header.authorization]
        switch entrance.access {
        case .open: return .admitted(nil)
        case .token:
            if let token = PagePolicy.bearer(authorization), token.hasPrefix(PageToken.prefix),
                await pageTokens.isValid(pageToken: token, for: entrance.id)
            {
                return .admitted(nil)
            }
            return .refused(
                .problem(.unauthenticated, headers: [Header.wwwAuthenticate: "Bearer"]))
        case .basic:
            guard let expected = entrance.pageBasic else {
                return .refused(.problem(.unauthenticated))
            }
            switch await door.basic(
                authorization, for: entrance.id, expected: expected,
                address: request.peer.address)
            {
            case .open: return .admitted(nil)
            case .throttled(let seconds):
                return .refused(
                    gateway.answers.answer(
                        .throttled(seconds: seconds), to: request, platform: platform))
            case .refused:
                let realm = "Basic realm=\"\(entrance.slug)\", charset=\"UTF-8\""
                return .refused(
                    .problem(.unauthenticated, headers: [Header.wwwAuthenticate: realm]))
            }
        case .login:
            return await admitSession(
                request, to: entrance, called: called, platform: platform, back: back)
        }
    }

    private func admitSession(
        _ request: Request, to entrance: InstanceEntrance, called: Authority, platform: String,
        back: String
    ) async -> Admission {
        let cookie = gateway.ticketCookie(request, side: .pages, slug: entrance.slug)
        if gateway.provenance(request).maySpendCookie(of: called.httpsOrigin),
            let (_, ticket) = await gateway.doorkeeper.admit(
                cookie: cookie, side: .pages, to: entrance)
        {
            return .admitted(ticket)
        }
        return .refused(
            gateway.signInFirst(request, platform: platform, slug: entrance.slug, back: back))
    }

    private func pass(
        _ request: Request, to entrance: InstanceEntrance, port: Int, ticket: GatewayTicket?
    ) -> Response {
        let policy = PagePolicy.make(
            request, secret: entrance.pageSecret, isBasic: entrance.access == .basic,
            onWebSocket: { [sockets = gateway.sockets] socket in
                guard let ticket else { return }
                sockets.watch(socket, ticket: ticket, path: entrance.path)
            })
        return .proxy(.tcp(host: "127.0.0.1", port: UInt16(port)), policy)
    }

    /// From the path as it was sent, since that is what is passed on: `/<slug>/…`.
    static func slug(in target: RequestTarget) -> String? {
        let parts = target.path.split(
            separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty else { return nil }
        return try? Slug(validating: String(parts[1])).text
    }
}
