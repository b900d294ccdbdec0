package api

import "orderhub/server/operator"

// OperatorKey marks the calls of the operator of this machine in their context.
var OperatorKey any = operatorKey{}

// RoleOf is the role that an operator needs for a method, 0 where none may call it.
func RoleOf(method string) operator.Role { return accesses[method].role }
