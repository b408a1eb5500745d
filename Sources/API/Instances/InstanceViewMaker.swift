import Basics
package import Domain
package import HTTP
package import Site
package import Store

/// Puts an instance's view together: the row, its status, its stack, and what the caller may do.
package struct InstanceViewMaker: Sendable {
    private let stores: Stores
    private let runtime: any InstanceRuntime
    private let origins: SiteOrigins
    private let files: FileUsageBook

    package init(
        stores: Stores, runtime: any InstanceRuntime, origins: SiteOrigins,
        files: FileUsageBook = FileUsageBook()
    ) {
        self.files = files
        self.stores = stores
        self.runtime = runtime
        self.origins = origins
    }

    package func view(
        _ instance: Instance, _ context: RequestContext
    ) async throws(Problem) -> InstanceView {
        try await view(instance, for: context.caller, called: context.called)
    }

    /// - Parameter called: host for the URLs; `nil` gives those of `localhost`.
    package func view(
        _ instance: Instance, for caller: Caller, called: Authority?
    ) async throws(Problem) -> InstanceView {
        let stack: InstanceView.StackSummary? =
            if let id = instance.stackID {
                try await summary(of: id)
            } else { nil }
        let zone: String
        if let own = instance.settings.timeZone {
            zone = own.text
        } else {
            zone =
                try await stored { () async throws(StoreError) in
                    try await stores.settings.site()
                }?.timeZone.text ?? TimeZoneName.utc.text
        }
        let called = called ?? Authority(host: "localhost", port: nil)
        let pages = origins.origin(of: .pages, for: called)
        let editors = origins.origin(of: .editors, for: called)
        return InstanceView(
            instance: instance, status: await runtime.status(of: instance.id), stack: stack,
            timeZone: zone, url: "\(pages)/\(instance.slug)/",
            editorURL: "\(editors)/-/\(instance.slug)/",
            filesURL: "\(pages)/f/\(instance.slug)/",
            filesUsed: files.usage(of: instance.id)?.bytes,
            permissions: caller.permissions(at: instance.path))
    }

    /// A stack whose files vanished still has its row, so that the view can name it.
    private func summary(of id: Stack.ID) async throws(Problem) -> InstanceView.StackSummary? {
        do throws(StoreError) {
            let stack = try await stores.stacks.get(id)
            return .init(id: stack.id, name: stack.name.text, version: stack.version)
        } catch {
            if case .notFound = error { return nil }
            throw Problem(error)
        }
    }
}
