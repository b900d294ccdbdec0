// Command amounts finds money that is calculated with unchecked operators:
//
//	amounts ./server/...
package main

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/analysis/singlechecker"
	"golang.org/x/tools/go/ast/inspector"
)

// home is the package of amounts, which alone calculates with them.
const home = "orderhub/server/money"

var analyzer = &analysis.Analyzer{
	Name: "amounts",
	Doc: "find arithmetic on money.Amount outside its package\n\n" +
		"The operators wrap silently; the methods of an amount say so when a result does not fit.",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      run,
}

func main() { singlechecker.Main(analyzer) }

// wraps are the operators whose result may leave the range of an amount.
var wraps = map[token.Token]bool{
	token.ADD: true, token.SUB: true, token.MUL: true, token.SHL: true,
	token.ADD_ASSIGN: true, token.SUB_ASSIGN: true, token.MUL_ASSIGN: true, token.SHL_ASSIGN: true,
	token.INC: true, token.DEC: true,
}

func run(pass *analysis.Pass) (any, error) {
	if pass.Pkg.Path() == home {
		return nil, nil
	}
	nodes := []ast.Node{(*ast.BinaryExpr)(nil), (*ast.UnaryExpr)(nil), (*ast.AssignStmt)(nil), (*ast.IncDecStmt)(nil)}
	pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Preorder(nodes, func(n ast.Node) {
		if calculates(pass.TypesInfo, n) {
			pass.Reportf(n.Pos(), "calculate with the checked operations of money.Amount")
		}
	})
	return nil, nil
}

// calculates reports whether the node is arithmetic on an amount. What is
// constant the compiler checks.
func calculates(info *types.Info, n ast.Node) bool {
	unchecked := func(x ast.Expr) bool {
		value := info.Types[x]
		return value.Value == nil && isAmount(value.Type)
	}
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return wraps[n.Op] && unchecked(n)
	case *ast.UnaryExpr:
		return n.Op == token.SUB && unchecked(n)
	case *ast.AssignStmt:
		return wraps[n.Tok] && isAmount(info.TypeOf(n.Lhs[0]))
	case *ast.IncDecStmt:
		return isAmount(info.TypeOf(n.X))
	}
	return false
}

func isAmount(t types.Type) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Amount" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == home
}
