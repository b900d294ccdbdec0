package api

// OperatorKey marks the calls of the operator of this machine in their context.
var OperatorKey any = operatorKey{}
