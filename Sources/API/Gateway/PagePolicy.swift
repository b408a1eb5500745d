import Domain
import HTTP
import Site

/// How a request goes on to the pages of a flow, on the server or on a device.
enum PagePolicy {
    /// - Parameters:
    ///   - secret: by which Node-RED knows that we have looked.
    ///   - isBasic: whether the password of the request was for us.
    static func make(
        _ request: Request, secret: String?, isBasic: Bool = false,
        onWebSocket: @escaping @Sendable (ProxiedSocket) -> Void
    ) -> ProxyPolicy {
        let isOurs = isBasic || isToken(request.headers[Header.authorization])
        return ProxyPolicy(
            rewriteRequestHeaders: { headers in
                Gateway.clean(&headers)
                if isOurs { headers.remove(Header.authorization) }
                headers[Gateway.pageHeader] = secret
            },
            onWebSocket: onWebSocket)
    }

    /// A token of ours is no business of a flow.
    private static func isToken(_ authorization: String?) -> Bool {
        guard let token = bearer(authorization) else { return false }
        return [PageToken.prefix, PersonalToken.prefix, DeviceToken.prefix].contains {
            token.hasPrefix($0)
        }
    }

    static func bearer(_ authorization: String?) -> String? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        return String(authorization.dropFirst(7).drop { $0 == " " })
    }
}
