/// What is wrong with an instance; each says in one sentence what it is and what to do.
package enum InstanceTrouble: Error, Sendable, Equatable {
    case missingTypes([String])
    case flowsUnreadable
    case flowsNotStarted
    case flowsHalted
    case credentialsUnreadable
    case notAnswering
    case ended(InstanceExit)
    case hung
    case crashLoop(InstanceExit)
    case diesInSafeMode(InstanceExit)
    case stackMissing
    case nodeMissing
    case diskFull
    case directoryInUse
    case noPort
    case cannotStart(String)

    package var sentence: String {
        switch self {
        case .missingTypes(let types):
            "The flows wait for node types or modules that are not installed: \(Self.list(types)). "
                + "Install them in the palette, or remove the nodes and deploy."
        case .flowsUnreadable:
            "flows.json cannot be read, so Node-RED was not started and nothing was overwritten. "
                + "Restore a version."
        case .flowsNotStarted:
            "The editor is up, but the flows have not started within two minutes. "
                + "Look at the log for modules that could not be loaded."
        case .flowsHalted:
            "The flows were stopped in the editor. Start them there, or deploy."
        case .credentialsUnreadable:
            "The stored credentials do not fit this instance's secret, so nodes run without "
                + "them. Enter them again and deploy, or restore a version."
        case .notAnswering:
            "Node-RED does not answer. It is ended and started again if that goes on."
        case .ended(let exit):
            "Node-RED \(exit.phrase). It is started again after a pause."
        case .hung:
            "Node-RED did not answer, most often because of an endless loop in a "
                + "function node, and was ended. It is started again after a pause."
        case .crashLoop(let exit):
            "Node-RED \(exit.phrase) five times within a minute of its start, so its flows are "
                + "held in safe mode. Open the editor, correct the flow and deploy."
        case .diesInSafeMode(let exit):
            "Node-RED \(exit.phrase) even in safe mode. Look at the log, then restore a "
                + "version, remove an added module or choose another stack, and start it."
        case .stackMissing:
            "The stack of this instance is not there any more. Choose another stack, or add it "
                + "again, and start the instance."
        case .nodeMissing:
            "There is no Node.js to run it with. Add a stack that carries one, or install the "
                + "package nodejs, and start the instance."
        case .diskFull:
            "The disk is full. Free some space: the instance starts by itself within a minute."
        case .directoryInUse:
            "Another process holds this instance's directory. End it, then start the instance."
        case .noPort:
            "No free port was found for Node-RED after several tries. Look at what uses the "
                + "loopback ports of this server, then start the instance."
        case .cannotStart(let reason):
            "Node-RED could not be started: \(reason)."
        }
    }

    /// The alarm that belongs to it; `nil` for what passes by itself.
    package var alarm: AlarmKind? {
        switch self {
        case .missingTypes, .flowsNotStarted: .instanceMissingTypes
        case .flowsUnreadable: .instanceFlowsUnreadable
        case .credentialsUnreadable: .instanceCredentials
        case .hung: .instanceUnresponsive
        case .crashLoop: .instanceSafeMode
        case .diesInSafeMode, .cannotStart, .nodeMissing: .instanceCrashed
        case .stackMissing: .instanceStack
        case .diskFull: .siteDisk
        case .directoryInUse: .instanceDirectory
        case .noPort: .instancePort
        case .notAnswering, .ended, .flowsHalted: nil
        }
    }

    /// 20 names at most: types come from a flow and may be many and long.
    private static func list(_ types: [String]) -> String {
        let shown = types.prefix(20).map { String($0.prefix(80)) }.joined(separator: ", ")
        return types.count > 20 ? "\(shown) and \(types.count - 20) more" : shown
    }
}
