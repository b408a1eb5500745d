import Basics
import Domain
import HTTP
import Site

/// Files of an instance on the pages' origin, under `/f/<slug>/`: for whom the pages of the
/// instance are open, while the instance says that its files are served, whether it runs or not.
///
/// They are as little ours as what flows serve, and share its origin. Of a flow's pages an engineer
/// is the author; a file may come from anybody who sends one to a flow. So pages and pictures that
/// could hold a script are shown with scripts off.
struct FileGateway: Sendable {
    let source: any FileSource

    /// `/f/<slug>/…`
    struct Place: Sendable, Equatable {
        let slug: String
        let path: FilePath
        /// It ends in a slash.
        let isFolder: Bool
        /// `/f/<slug>`: nothing behind the slug, not even a slash.
        let isBare: Bool

        /// `nil` where the path is none of ours.
        init?(_ target: RequestTarget) {
            guard target.path.hasPrefix("/f/"), target.isPlain else { return nil }
            var parts = target.segments.dropFirst()
            guard let first = parts.popFirst(),
                let slug = try? Slug(validating: first).text
            else { return nil }
            isBare = parts.isEmpty
            isFolder = parts.last?.isEmpty ?? true
            if isFolder { parts = parts.dropLast() }
            guard let path = try? FilePath(validating: parts.joined(separator: "/")) else {
                return nil
            }
            self.slug = slug
            self.path = path
        }
    }

    /// For somebody who was let in.
    /// - Returns: `nil` where there is nothing of that name.
    func answer(
        _ request: Request, at place: Place, of entrance: InstanceEntrance,
        mayGoOn: @escaping @Sendable () async -> Bool
    ) async -> Response? {
        guard request.method == .get || request.method == .head else {
            return .problem(
                Problem(
                    type: "/problems/method", title: "Method not allowed", status: 405,
                    detail: "Files are only read here."), headers: [Header.allow: "GET, HEAD"])
        }
        if place.isBare { return Self.redirect(request) }
        let path = place.isFolder ? place.path.appending("index.html") : place.path
        do throws(FileFault) {
            let file = try await source.open(path, of: entrance.id)
            return FileAnswer.response(
                to: request.head, file, Self.headers(path, entrance.access), mayGoOn: mayGoOn)
        } catch {
            switch error {
            case .isFolder where !place.isFolder: return Self.redirect(request)
            case .full, .system, .store: return .problem(.storage)
            default: return nil
            }
        }
    }

    /// The same with a slash, so that links in its index.html are right.
    private static func redirect(_ request: Request) -> Response {
        let query = request.target.query.map { "?\($0)" } ?? ""
        return .empty(
            307,
            headers: [
                Header.location: "\(request.target.path)/\(query)",
                Header.cacheControl: "no-store",
            ])
    }

    /// A browser asks each time: who may not read it any more does not read it from a cache.
    static func headers(_ path: FilePath, _ access: PageAccess) -> Headers {
        let type = ContentType.of(path: path.text)
        var headers: Headers = [
            Header.contentType: type,
            Header.cacheControl: access == .open ? "no-cache" : "private, no-cache",
        ]
        let active = ["text/html", "application/xhtml+xml", "image/svg+xml", "application/xml"]
        if active.contains(where: { type.hasPrefix($0) }) {
            headers.add(Header.contentSecurityPolicy, noScripts)
        }
        return headers
    }

    /// Its own origin is left to it, or the pictures of a report would come without the visitor's
    /// cookie; without scripts it can do nothing with it.
    static let noScripts =
        "sandbox allow-same-origin allow-forms allow-popups allow-downloads "
        + "allow-top-navigation-by-user-activation; script-src 'none'"
}
