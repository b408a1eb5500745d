import Basics
import Domain
package import HTTP
package import Site

/// The editors' origin (8444): each instance's Node-RED editor under `/-/<slug>/`, and nothing else.
package struct EditorGateway: Sendable {
    private let gateway: Gateway
    private let tokens: EditorTokens
    private let witness: EditorWitness
    private let devices: DeviceGateway?
    private let log = Log("editor")

    /// - Parameter witness: told of each deploy that passes.
    package init(
        _ gateway: Gateway, tokens: EditorTokens, witness: EditorWitness,
        devices: DeviceGateway? = nil
    ) {
        self.devices = devices
        self.gateway = gateway
        self.tokens = tokens
        self.witness = witness
    }

    package func answer(_ request: Request) async -> Response {
        let host = request.headers[Header.host]
        guard let called = gateway.origins.authority(host: host, on: .editors) else {
            return gateway.answers.answer(
                .unknownHost(host ?? "?"), to: request, platform: nil)
        }
        let platform = gateway.origins.origin(of: .platform, for: called)
        if request.target.path == Gateway.codePath {
            return await gateway.open(request, side: .editors, called: called) { passage in
                "/-/\(passage.slug)\(passage.path)"
            }
        }
        if let devices,
            let response = await devices.answer(
                request, side: .editors, called: called, platform: platform, gateway: gateway)
        {
            return response
        }
        guard let slug = Self.slug(in: request.target),
            let entrance = await gateway.directory.entrance(slug: slug)
        else { return gateway.answers.answer(.notFound, to: request, platform: platform) }
        guard gateway.provenance(request).maySpendCookie(of: called.httpsOrigin) else {
            return gateway.answers.answer(.forbidden, to: request, platform: platform)
        }
        let cookie = gateway.ticketCookie(request, side: .editors, slug: slug)
        guard
            let (caller, ticket) = await gateway.doorkeeper.admit(
                cookie: cookie, side: .editors, to: entrance)
        else {
            let path = "/instances/\(entrance.id.text)"
            return gateway.answers.answer(.signIn, to: request, platform: platform, path: path)
        }
        guard let port = entrance.port else {
            return gateway.answers.answer(
                .notRunning(name: entrance.name, state: entrance.state.rawValue), to: request,
                platform: platform, path: "/instances/\(entrance.id.text)")
        }
        return pass(
            request, to: entrance, port: port, caller: caller, ticket: ticket, platform: platform)
    }

    private func pass(
        _ request: Request, to entrance: InstanceEntrance, port: Int, caller: Caller,
        ticket: GatewayTicket, platform: String
    ) -> Response {
        let rights: EditorTokens.Rights =
            caller.may(.flowsEdit, at: entrance.path) ? .full : .read
        let token: String
        do {
            token = try tokens.sign(for: entrance.id, user: caller.actor.name, rights: rights)
        } catch {
            log.error("no token for \(entrance.id): \(error)")
            return gateway.answers.answer(.failed, to: request, platform: platform)
        }
        if rights == .full, Self.deploys(request, entrance.slug) {
            witness.note(caller.actor.name, deploysTo: entrance.id)
        }
        let policy = ProxyPolicy(
            rewriteRequestHeaders: { headers in
                Gateway.clean(&headers)
                headers.remove(Header.authorization)
                headers[Gateway.tokenHeader] = token
            },
            filterResponse: { head in
                head.headers.remove(Header.xFrameOptions)
                head.headers.add(
                    Header.contentSecurityPolicy, "frame-ancestors 'self' \(platform)")
                head.headers[Header.xContentTypeOptions] = "nosniff"
                head.headers["cross-origin-resource-policy"] = "same-origin"
                head.headers[Header.referrerPolicy] = "same-origin"
            },
            onWebSocket: { [sockets = gateway.sockets] socket in
                sockets.watch(socket, ticket: ticket, path: entrance.path)
            })
        return .proxy(.tcp(host: "127.0.0.1", port: UInt16(port)), policy)
    }

    /// `flows`, `flow` and `flow/<id>` of Node-RED's admin API, called to change something.
    private static func deploys(_ request: Request, _ slug: String) -> Bool {
        guard !request.method.isSafe else { return false }
        let rest = request.target.path.dropFirst("/-/\(slug)/".count)
        return rest == "flows" || rest == "flow" || rest.hasPrefix("flow/")
    }

    /// From the path as it was sent, since that is what is passed on: `/-/<slug>/…`.
    static func slug(in target: RequestTarget) -> String? {
        let parts = target.path.split(
            separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].isEmpty, parts[1] == "-" else { return nil }
        return try? Slug(validating: String(parts[2])).text
    }
}
