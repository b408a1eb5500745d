import Basics

/// Has done what needs the authority's key beside signing, for callers that may not block.
package actor AuthorityClerk {
    private let tool: AuthorityTool
    private let executor = BlockingExecutor(label: "authority")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(_ tool: AuthorityTool) { self.tool = tool }

    /// A request to sign the authority, in PEM.
    package func request() throws(AuthorityTool.Fault) -> String { try tool.request() }
}
