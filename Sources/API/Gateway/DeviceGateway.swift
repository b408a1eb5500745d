import Basics
package import Domain
package import HTTP
package import Site

/// Editors and pages of devices, by the same rules as those of instances: below `/-/d/<device>/` on
/// the editors' origin and `/d/<device>/` on the pages', through the tunnel that the device opens.
package struct DeviceGateway: Sendable {
    private let entrances: any DeviceEntrances
    private let tunnels: DeviceTunnels
    private let tokens: EditorTokens
    private let editorFiles: any EditorFiles
    private let log = Log("editor")

    package init(
        entrances: any DeviceEntrances, tunnels: DeviceTunnels, tokens: EditorTokens,
        editorFiles: any EditorFiles = NoEditorFiles()
    ) {
        self.entrances = entrances
        self.tunnels = tunnels
        self.tokens = tokens
        self.editorFiles = editorFiles
    }

    /// - Returns: `nil` where the path is no device's.
    func answer(
        _ request: Request, side: SiteOrigins.Side, called: Authority, platform: String,
        gateway: Gateway
    ) async -> Response? {
        guard let (id, below) = Self.place(request.target, side) else { return nil }
        func say(_ notice: GatewayAnswers.Notice) -> Response {
            gateway.answers.answer(
                notice, to: request, platform: platform, path: "/devices/\(id)")
        }
        guard let entrance = await entrances.entrance(of: id) else { return say(.notFound) }
        let isOurs = gateway.provenance(request).maySpendCookie(of: called.httpsOrigin)
        guard isOurs || side == .pages else { return say(.forbidden) }
        let slug = DeviceEntrance.slug(id)
        let cookie = gateway.ticketCookie(request, side: side, slug: slug)
        guard isOurs,
            let (caller, ticket) = await gateway.doorkeeper.admit(
                cookie: cookie, side: side, to: id, at: entrance.path)
        else {
            guard side == .pages else { return say(.signIn) }
            return gateway.signInFirst(request, platform: platform, slug: slug, back: below)
        }
        guard let agent = entrance.agent else {
            return say(.notConnected(name: entrance.name, .neverEnrolled))
        }
        // A stock agent's tunnel knows one right: all. And it leads to its editor only.
        if agent == .stock {
            guard side == .editors else { return say(.notFound) }
            guard caller.may(.deviceEdit, at: entrance.path) else { return say(.mayNot) }
        }
        // Megabytes of scripts that lie on this server need not come over the device's line.
        if side == .editors, request.method == .get, request.head.upgrade == nil,
            let file = await editorFiles.answer(request, path: below, for: id)
        {
            return Self.framed(file, platform: platform)
        }
        let line: DeviceTunnels.Line
        do throws(TunnelFault) { line = try await tunnels.line(to: id, agent: agent) } catch {
            return say(.notConnected(name: entrance.name, Self.distance(error)))
        }
        switch line {
        case .stream(_, let upstream):
            return pass(
                request, to: entrance, upstream, side: side, caller: caller, ticket: ticket,
                platform: platform, gateway: gateway) ?? say(.failed)
        case .stock(let tunnel):
            return await StockForwarder(tunnel: tunnel, sockets: gateway.sockets).forward(
                request, below: below, ticket: ticket, path: entrance.path, platform: platform)
                ?? say(.notConnected(name: entrance.name, .silent))
        }
    }

    /// As for an instance: what is passed on is what was asked for, with our marks on it.
    private func pass(
        _ request: Request, to entrance: DeviceEntrance, _ upstream: Upstream,
        side: SiteOrigins.Side, caller: Caller, ticket: GatewayTicket, platform: String,
        gateway: Gateway
    ) -> Response? {
        let onWebSocket: @Sendable (ProxiedSocket) -> Void = {
            [sockets = gateway.sockets] socket in
            sockets.watch(socket, ticket: ticket, path: entrance.path)
        }
        guard side == .editors else {
            return .proxy(
                upstream,
                PagePolicy.make(
                    request, secret: entrance.pageSecret, onWebSocket: onWebSocket))
        }
        let isEditor =
            caller.may(.flowsEdit, at: entrance.path)
            && caller.may(.deviceEdit, at: entrance.path)
        let token: String
        do {
            token = try tokens.sign(
                for: entrance.id.text, user: caller.actor.name, rights: isEditor ? .full : .read)
        } catch {
            log.error("no token for \(entrance.id): \(error)")
            return nil
        }
        let policy = ProxyPolicy(
            rewriteRequestHeaders: { headers in
                Gateway.clean(&headers)
                headers.remove(Header.authorization)
                headers[Gateway.tokenHeader] = token
            },
            filterResponse: { head in Self.frame(&head.headers, platform: platform) },
            onWebSocket: onWebSocket)
        return .proxy(upstream, policy)
    }

    static func frame(_ headers: inout Headers, platform: String) {
        headers.remove(Header.xFrameOptions)
        headers.add(Header.contentSecurityPolicy, "frame-ancestors 'self' \(platform)")
        headers[Header.xContentTypeOptions] = "nosniff"
        headers["cross-origin-resource-policy"] = "same-origin"
        headers[Header.referrerPolicy] = "same-origin"
    }

    private static func framed(_ response: Response, platform: String) -> Response {
        guard case .full(let status, var headers, let body) = response else { return response }
        frame(&headers, platform: platform)
        return .full(status: status, headers: headers, body: body)
    }

    private static func distance(_ fault: TunnelFault) -> GatewayAnswers.Distance {
        switch fault {
        case .offline: .offline
        case .refused(let reason): .said(reason)
        case .timedOut: .silent
        }
    }

    /// From the path as it was sent, since that is what is passed on: `/-/d/<device>/…`, and what
    /// stands behind the device, with its query.
    static func place(
        _ target: RequestTarget, _ side: SiteOrigins.Side
    ) -> (id: Device.ID, below: String)? {
        let prefix = side == .editors ? "/-/d/" : "/d/"
        guard target.path.hasPrefix(prefix) else { return nil }
        let rest = target.raw.dropFirst(prefix.count)
        guard let slash = rest.firstIndex(of: "/"), target.path.utf8.count > prefix.utf8.count,
            let id = Device.ID(String(rest[..<slash]))
        else { return nil }
        return (id, String(rest[slash...]))
    }
}

/// Static files of the editor out of the stacks on the server, so that they do not travel over the
/// device's line; a stock agent would send megabytes as decimal numbers.
package protocol EditorFiles: Sendable {
    /// - Parameter path: below the editor's root, with its query.
    /// - Returns: `nil` for what is none of them, or where no stack has the device's Node-RED.
    func answer(_ request: Request, path: String, for device: Device.ID) async -> Response?
}

package struct NoEditorFiles: EditorFiles {
    package init() {}
    package func answer(
        _ request: Request, path: String, for device: Device.ID
    ) async -> Response? { nil }
}
